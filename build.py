"""Settings in, CloudFormation out: `python build.py [ENVIRONMENT ...]`."""

import argparse
import gc
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.link import StackTemplate, System, link
from templates.account import account_tier
from templates.api import api_tier
from templates.database import database_tier
from templates.dns import dns_tier
from templates.load_balancer import load_balancer_tier
from templates.monitoring import Observed, monitoring_tier
from templates.network import network_tier
from templates.service import service_tier
from templates.settings import Settings, SettingsError, load_environments, schema
from templates.settings.life import emptied, refused
from templates.stack import Stack, Tier
from templates.writer import LARGEST_BODY_BYTES, in_reading_order, json_text, yaml_text

HERE = Path(__file__).parent
SCHEMA = Path("environments") / "settings.schema.json"


def architecture(settings: Settings) -> list[Tier]:
    """The diagram, in deployment order: a tier receives those on which it stands."""
    account = account_tier(settings)
    network = network_tier(settings)
    database = database_tier(settings, account, network)
    balancer = load_balancer_tier(settings, network)
    service = service_tier(settings, account, network, database, balancer)
    api = api_tier(settings, network, balancer)
    dns = dns_tier(settings, account, api) if settings.dns.domain else None
    monitoring = monitoring_tier(settings, Observed(api, balancer, service))
    tiers = [account, network, database, balancer, service, api, dns, monitoring]
    return [tier for tier in tiers if tier is not None]


@dataclass(frozen=True)
class Built:
    """One environment: the texts of its files by name, and its stacks linked."""

    settings: Settings
    files: dict[str, str]
    system: System


def build(settings: Settings) -> Built:
    """All that one environment's output folder holds."""
    stacks = [tier.stack for tier in architecture(settings)]
    templates = {stack.tier: in_reading_order(stack.template.to_dict()) for stack in stacks}
    files = {}
    for tier, template in templates.items():
        files[f"{tier}.yaml"] = yaml_text(template)
        files[f"{tier}.json"] = json_text(template)
    system = link(
        [StackTemplate(s.tier, s.name, templates[s.tier], parts=s.parts) for s in stacks]
    )
    files["system.yaml"] = yaml_text(system.template)
    files["manifest.json"] = json_text(_manifest(settings, stacks))
    return Built(settings, files, system)


def faults(built: Built, output: Path) -> list[str]:
    """What forbids writing what was built, each in a line that names its file."""
    folder = output / built.settings.environment
    found = [
        f"{folder / name}: {len(text.encode()):,} bytes, and CloudFormation takes "
        f"{LARGEST_BODY_BYTES:,}; expected fewer API clients or variables"
        for name, text in built.files.items()
        if name not in ("system.yaml", "manifest.json")
        and len(text.encode()) > LARGEST_BODY_BYTES
    ]
    found += [
        f"{folder / problem.tier}.yaml: {'.'.join(map(str, problem.path))}: {problem.message}"
        for problem in built.system.problems
        if problem.code.startswith("E")
    ]
    before, after = _templates(folder), _parsed(built.files)
    return found + [str(f) for f in refused(built.settings.environment, before, after)]


def _templates(folder: Path) -> dict[str, Any]:
    """What was built before, as far as it can be read."""
    texts = {}
    for tier in ("network", "database"):
        with suppress(OSError, UnicodeDecodeError):
            texts[f"{tier}.json"] = (folder / f"{tier}.json").read_text("utf-8")
    return _parsed(texts)


def _parsed(files: dict[str, str]) -> dict[str, Any]:
    """The templates of the two tiers on which data and imports hang."""
    found = {}
    for tier in ("network", "database"):
        with suppress(ValueError, KeyError):
            found[tier] = json.loads(files[f"{tier}.json"])
    return {tier: content for tier, content in found.items() if isinstance(content, dict)}


def write(built: Built, output: Path) -> None:
    """Replace the environment's files by what was built; other files in it stay.

    Each file is replaced whole, and old ones go last: an interrupted build can be run
    again, and no file is ever half of one build.
    """
    folder = output / built.settings.environment
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in built.files.items():
        half = folder / f"{name}.new"
        half.write_text(text, "utf-8", newline="\n")
        half.replace(folder / name)
    for old in folder.iterdir():
        if old.suffix in (".yaml", ".json") and old.name not in built.files:
            old.unlink()


def _manifest(settings: Settings, stacks: list[Stack]) -> dict[str, Any]:
    """What other programs need to know of the templates beside it."""
    return {
        "project": settings.project,
        "environment": settings.environment,
        "region": settings.region,
        "stacks": [_entry(stack) for stack in stacks],
        "usage": settings.usage.model_dump(),
        "prices": settings.prices,
        "monthly_budget_usd": settings.monthly_budget_usd,
        "parts": {
            part: f"{stack.tier}.{logical_id}"
            for stack in stacks
            for part, logical_id in stack.parts.items()
        },
    }


def _entry(stack: Stack) -> dict[str, Any]:
    return {
        "tier": stack.tier,
        "name": stack.name,
        "template": f"{stack.tier}.yaml",
        "capabilities": stack.capabilities,
        "tags": stack.tags,
        "parameters": {},
        "source": f"templates/{stack.tier}.py",
    }


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 built, 1 refused with all faults on stderr, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    parser.add_argument("environment", nargs="*", help="all of them, if left out")
    parser.add_argument("--settings", type=Path, default=HERE, metavar="DIR")
    parser.add_argument("--output", type=Path, default=None, metavar="DIR")
    options = parser.parse_args(arguments)
    output = options.output or options.settings / "output"
    try:
        environments = load_environments(options.settings, options.environment)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    everything = [build(settings) for settings in environments]
    wrong = [fault for built in everything for fault in faults(built, output)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    try:
        (options.settings / SCHEMA).write_text(schema(), "utf-8", newline="\n")
        for built in everything:
            _write_and_say(built, output)
    except OSError as error:
        print(
            f"{error.filename or output}: {error.strerror}; choose another --output",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted: run the same command again", file=sys.stderr)
        return 130
    return 0


def _write_and_say(built: Built, output: Path) -> None:
    folder = output / built.settings.environment
    if emptied(_templates(folder), _parsed(built.files)):
        generation = built.settings.database.generation
        print(f"{folder}: generation {generation} is a new, empty database: it has no snapshot")
    write(built, output)
    stacks = len(json.loads(built.files["manifest.json"])["stacks"])
    print(f"{folder}: {stacks} stacks")


if __name__ == "__main__":
    gc.disable()  # a short life with many small objects: collecting takes a twentieth of it
    sys.exit(main())
