"""A cache of findings, under a key that covers everything that can change them.

A cached answer that does not match its own digest is discarded.
"""

import hashlib
import json
import os
import sys
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cfnlink.lint.finding import Finding, Position, RuleInfo
from cfnlink.system.folder import Folder, settings_folder

PACKAGE = Path(__file__).parents[1]
PARTS = ("aws", "lint", "plugin", "rules", "system")  # what a finding depends on
MOST_ANSWERS = 100


def kept_in(folder: Folder) -> Path:
    """Return where the answers of a folder are kept.

    In build/ of its settings folder; without settings in the user's folder of caches:
    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    settings = settings_folder(folder.path)
    if settings:
        return settings / "build" / "checks"
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 (a home is not needed)
    return Path(caches, "cfnlink", "checks")


def key(folder: Folder) -> str:
    """Return the key: content and paths of the input, our code and rules, cfn-lint, Python."""
    state = hashlib.sha256(_programs())
    for text in (str(Path.cwd()), str(folder.path)):
        state.update(text.encode() + b"\0")
    places = {source.parent for tier in folder.files if (source := folder.source(tier))}
    sources = {file for place in {p.resolve() for p in places} for file in place.glob("*.py")}
    for path in sorted(sources):
        state.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    state.update(folder.manifest_content + b"\0")
    for file in folder.files.values():
        state.update(str(file.path).encode() + b"\0" + file.content + b"\0")
    return state.hexdigest()


@cache
def _programs() -> bytes:
    """Return the part of the key that all folders share: Python, cfn-lint and our code.

    cfn-lint's version is read from its folder: importlib.metadata takes as long as all the
    rest of an answer from the cache.
    """
    state = hashlib.sha256(sys.version.encode())
    spec = find_spec("cfnlint")
    linter = [Path(spec.origin).with_name("version.py")] if spec and spec.origin else []
    ours = [p for part in PARTS for p in (PACKAGE / part).glob("*.*")]
    for path in (*linter, *sorted(p for p in ours if p.suffix in (".py", ".yaml"))):
        state.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return state.digest()


def get(folder: Folder, name: str) -> list[Finding] | None:
    """Return the findings of a folder under a key, or None."""
    try:
        kept = json.loads((kept_in(folder) / f"{name}.json").read_bytes())
        if kept["digest"] != _digest(name, kept["findings"]):
            return None
        return [_read(finding) for finding in kept["findings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(kept: dict[str, Any]) -> Finding:
    source = kept["source"]
    parts = {
        "rule": RuleInfo(**kept["rule"]),
        "template": Position(**kept["template"]),
        "source": source and Position(**source),
    }
    return Finding(**kept | parts)


def put(folder: Folder, name: str, findings: list[Finding]) -> None:
    """Store the findings of a folder and delete the oldest; a read-only folder is no error."""
    content = [asdict(finding) for finding in findings]
    kept = {"digest": _digest(name, content), "findings": content}
    try:
        place = kept_in(folder)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.json").write_text(json.dumps(kept), "utf-8")
        answers = sorted(place.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for old in answers[:-MOST_ANSWERS]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _digest(name: str, content: Any) -> str:
    text = json.dumps([name, content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
