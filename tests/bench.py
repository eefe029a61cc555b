"""Measure the ratios that the project promises, in pairs: `make bench`.

Each ratio compares two commands that run in turn, so a machine whose speed drifts slows
both. The median of the ratios is printed with its limit. A benchmark is no test: it prints
what it measured, and fails only if a command that it times fails.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.helpers import ROOT, SETTINGS, example, example_output, example_outputs

PAIRS = 5
BUILD = [sys.executable, "build.py", "--settings", str(example())]
KEPT = ROOT / "build" / "bench"  # the answers of lint
IMPORT_ONLY = "import build"
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def main() -> None:
    """Print every ratio with its limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        thirty = _thirty_environments(folder / "thirty")
        three = [*BUILD, "--output", str(folder / "three")]
        many = [*BUILD[:2], "--settings", str(thirty)]
        nothing = [sys.executable, "-c", IMPORT_ONLY]
        _say("3 environments / imports alone, CPU", _ratio(_cpu, three, nothing), 1.6)
        _say("30 environments / imports alone, CPU", _ratio(_cpu, many, nothing), 6)
        _say("30 environments - imports alone, peak MiB", _memory(thirty), 30)
        _reports(folder)
        _lint(folder)


def _reports(folder: Path) -> None:
    """Return the time of bill and picture of three environments against their build."""
    outputs = [str(path) for path in example_outputs()]
    work = "[p.draw(link(f.stacks()), '') for f in fs]; [b.bill_of(f) for f in fs]"
    load = (
        "import cfnlink.picture as p, cfnlink.cost.bill as b; "
        "from cfnlink.system.link import link; "
        f"from cfnlink.system.folder import read; from pathlib import Path; "
        f"fs = [read(Path(name)) for name in {outputs!r}]; "
    )
    both = [sys.executable, "-c", load + work]
    built = [*BUILD, "--output", str(folder / "built")]
    _say("bill and picture of 3 / build of 3, CPU", _ratio(_cpu, both, built), 0.6)


def _lint(folder: Path) -> None:
    """Return the time of `make lint` against a cold run of stock cfn-lint on one tier."""
    tier = str(example_output() / "api.yaml")
    stock = [str(Path(sys.executable).with_name("cfn-lint")), tier]
    outputs = []
    for environment in example_outputs():
        shutil.copytree(environment, folder / "output" / environment.name)
        outputs.append(str(folder / "output" / environment.name))
    checks = [sys.executable, "-m", "cfnlink", "lint", *outputs]
    manifest = Path(outputs[0]) / "manifest.json"

    def touch(number: int) -> None:
        manifest.write_text(manifest.read_text("utf-8") + " ", "utf-8")
        assert number >= 0

    cold = [*checks[:4], *outputs]
    _say("lint, all changed / stock on one tier", _ratio(_wall, cold, stock, _forget), 2.2)
    _say("lint, one changed / stock on one tier", _ratio(_wall, checks, stock, touch), 1.45)
    _say("lint, unchanged / stock on one tier", _ratio(_wall, checks, stock), 0.06)


def _forget(number: int) -> None:
    """Delete the cached answers."""
    assert number >= 0
    shutil.rmtree(KEPT / "cfnlink", ignore_errors=True)


def _thirty_environments(folder: Path) -> Path:
    (folder / "environments").mkdir(parents=True)
    shutil.copy(SETTINGS / "project.toml", folder)
    for number in range(10):
        for path in (SETTINGS / "environments").glob("*.toml"):
            text = path.read_text("utf-8").replace('domain = "api.', f'domain = "api{number}.')
            file = folder / "environments" / f"{path.stem[:8]}{number}.toml"
            file.write_text(text, "utf-8")
    return folder


def _ratio(
    measure: Callable[[list[str]], float],
    first: list[str],
    second: list[str],
    before: Callable[[int], None] = lambda _: None,
) -> float:
    """Return the median over pairs of the first command's time against the second's."""
    ratios = []
    for number in range(PAIRS + 1):
        before(number)
        ratios.append(measure(first) / measure(second))
    return median(ratios[1:])  # the first pair warms the disk's cache


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _wall(command: list[str]) -> float:
    start = time.perf_counter()
    _run(command)
    return time.perf_counter() - start


def _run(command: list[str]) -> str:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "XDG_CACHE_HOME": str(KEPT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed, so its time says nothing:\n{done.stderr}")
    return done.stdout


def _memory(settings: Path) -> float:
    """Return the peak memory of a build without that of its imports, in MiB."""
    start = "import gc; gc.disable(); import build"  # as the script does
    build = f"{start}; build.main(['--settings', {str(settings)!r}]); {PEAK}"
    peaks = [
        int(_run([sys.executable, "-c", code]).split()[-1])
        for code in (build, f"{IMPORT_ONLY}; {PEAK}")
    ]
    return (peaks[0] - peaks[1]) / 1024


def _say(what: str, measured: float, limit: float) -> None:
    print(f"{what:45} {measured:6.2f}   at most {limit:g}")


if __name__ == "__main__":
    main()
