"""The files of the workflows: their text, and whether a user has changed one."""

import hashlib
import re
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cfnlink.pipeline.facts import Pipeline
from cfnlink.pipeline.schedule import jobs

HEAD = "# Written by `{command}`.\n# sha256 of the lines below: {digest}\n"
HEADED = re.compile(r"# Written by `[^\n]*`\.\n# sha256 of the lines below: (?P<digest>\w+)\n")


@dataclass(frozen=True)
class File:
    """A workflow: where it lies, and its text."""

    path: Path
    text: str

    def is_written(self) -> bool:
        """Whether the file has this text."""
        return self._now() == self.text

    def is_changed(self) -> bool:
        """Whether a file is there that the command did not write, or a user has changed."""
        now = self._now()
        if now is None:
            return False
        head = HEADED.match(now)
        return not head or _digest(now[head.end() :]) != head["digest"]

    def difference(self) -> str:
        """Return what writing the file would change."""
        now, then = (self._now() or "").splitlines(), self.text.splitlines()
        names = str(self.path), "what this command writes"
        return "\n".join(unified_diff(now, then, *names, n=1, lineterm=""))

    def write(self) -> None:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text, "utf-8", newline="\n")

    def _now(self) -> str | None:
        try:
            return self.path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            return ""


def files(facts: Pipeline, command: str) -> list[File]:
    """Return the workflows of a project; command: the line that writes them again."""
    names = ["pull-request", "release", "schedule", *["account"] * bool(facts.shared_tier)]
    folder = facts.place.root / ".github" / "workflows"
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (YAML, from checked settings)
        keep_trailing_newline=True,
    )
    found = []
    for name in names:
        body = templates.get_template(f"{name}.yml.j2").render(p=facts, jobs=jobs(facts))
        text = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
        head = HEAD.format(command=command, digest=_digest(text))
        found.append(File(folder / f"{facts.project}-{name}.yml", head + text))
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
