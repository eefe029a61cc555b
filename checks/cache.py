"""Findings of unchanged input: kept under a key that holds all that could change them.

A kept answer that does not match its own digest is thrown away: never believed.
"""

import hashlib
import json
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from checks.finding import Finding
from checks.folder import Folder

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "checks"
MOST_ANSWERS = 100


def key(folder: Folder) -> str:
    """Content and paths of the input, our code and rules, cfn-lint, Python."""
    state = hashlib.sha256(_programs())
    for text in (str(Path.cwd()), str(folder.path)):
        state.update(text.encode() + b"\0")
    sources = {s.resolve() for tier in folder.files if (s := folder.source(tier))}
    for path in sorted(sources):
        state.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    state.update(folder.manifest_content + b"\0")
    for file in folder.files.values():
        state.update(str(file.path).encode() + b"\0" + file.content + b"\0")
    return state.hexdigest()


@cache
def _programs() -> bytes:
    """Python, cfn-lint and our own code, which are the same for all folders.

    cfn-lint's version is read where it stands: asking importlib.metadata takes as long as
    all the rest of an answer from the cache.
    """
    state = hashlib.sha256(sys.version.encode())
    spec = find_spec("cfnlint")
    linter = [Path(spec.origin).with_name("version.py")] if spec and spec.origin else []
    ours = [p for part in ("checks", "rules", "templates") for p in (ROOT / part).rglob("*.*")]
    for path in (*linter, *sorted(p for p in ours if p.suffix in (".py", ".yaml"))):
        state.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return state.digest()


def get(name: str) -> list[Finding] | None:
    """The findings kept under a key, or None."""
    try:
        kept = json.loads((KEPT / f"{name}.json").read_bytes())
        if kept["digest"] != _digest(name, kept["findings"]):
            return None
        return [Finding(**finding) for finding in kept["findings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def put(name: str, findings: list[Finding]) -> None:
    """Keep findings; the oldest answers go. A folder that cannot be written is no fault."""
    content = [vars(finding) for finding in findings]
    kept = {"digest": _digest(name, content), "findings": content}
    try:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{name}.json").write_text(json.dumps(kept), "utf-8")
        answers = sorted(KEPT.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for old in answers[:-MOST_ANSWERS]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _digest(name: str, content: Any) -> str:
    text = json.dumps([name, content], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
