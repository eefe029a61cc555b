"""Messages in the user's names: the system's names are in no template.

Rules see the linked system, where network and Vpc are NetworkVpc. A reader of a finding has
the templates: a resource of its own stack is Vpc there, and one of another stack is Vpc of
network.
"""

import re

from cfnlink.system.link import StackTemplate, system_id
from cfnlink.system.resource import System

WORD = "[A-Za-z0-9]+"
LIST = re.compile(r"\[('[^']*'(?:, '[^']*')*)\]")
TWICE = re.compile(r"( of [\w-]+)\1(?![\w-])")  # a rule names the stack itself


class Names:
    """The names of a system: of each, the stack and the name in its template."""

    def __init__(self, stacks: list[StackTemplate], system: System) -> None:
        self.by_tier = {tier: {**names} for tier, names in system.names.items()}
        for stack in stacks:
            if stack.parent is not None:
                tier, nested = stack.parent
                for name in stack.section("Outputs"):  # as system/nested.py joins it
                    joined = f"{system_id(tier, nested)}Outputs{name}"
                    self.by_tier[tier][joined] = f"{nested}.Outputs.{name}"
        self.all = {
            joined: (stack.name, name)
            for stack in reversed(stacks)
            for joined, name in self.by_tier[stack.tier].items()
        }

        odd = (name for name in self.all if not re.fullmatch(WORD, name))
        any_name = "|".join([*map(re.escape, sorted(odd, key=len, reverse=True)), WORD])
        self.name_and_attribute = re.compile(
            rf"(?<![A-Za-z0-9])({any_name})(?![A-Za-z0-9])((?:\.{WORD})*)"
        )

    def in_templates(self, message: str, tier: str) -> str:
        """Return a message in the names that the reader of a stack's template knows.

        A list of what the system has keeps only what the stack has.
        """
        own = self.by_tier[tier]

        def kept(found: re.Match[str]) -> str:
            heads = {part: part.strip("'").partition(".")[0] for part in found[1].split(", ")}
            known = [
                each for each, head in heads.items() if head in own or head not in self.all
            ]
            return f"[{', '.join(known)}]"

        def written(found: re.Match[str]) -> str:
            name, attribute = found[1], found[2]
            if own.get(name):
                return own[name] + attribute
            stack, known = self.all.get(name, ("", ""))
            return f"{known}{attribute} of {stack}" if known else found[0]

        text = self.name_and_attribute.sub(written, LIST.sub(kept, message))
        return TWICE.sub(r"\1", text)
