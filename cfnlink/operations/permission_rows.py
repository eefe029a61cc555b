"""The rows of cfnlink/aws/permissions.yaml, typed and read once."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from cfnlink.aws.catalogue import facts

Values = Literal[
    "boundaries",
    "certificate names",
    "clusters",
    "linked services",
    "managed policies",
    "plan change sets",
    "scalable dimensions",
    "trusted services",
    "true",
]


class Row(BaseModel):
    """A row that is read and never changed; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    short: ClassVar[str] = ""
    """The key whose value may stand alone, as a text in place of the row."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        return {cls.short: given} if cls.short and isinstance(given, str) else given


class Call(Row):
    """One call of a command: an action, and the end of the ARN where `arn` states it."""

    short = "action"
    action: str
    arn: str = ""


class Condition(Row):
    """A condition of some actions whose values follow from the templates."""

    actions: frozenset[str]
    operator: str
    key: str
    values: Values


class LeftOut(Row):
    """Actions that no deploy role gets, or only where a property has one of some words."""

    actions: tuple[str, ...]
    why: str = ""
    unless: str | tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words, each of which is reason enough."""
        return (self.unless,) if isinstance(self.unless, str) else self.unless

    def covers(self, action: str) -> bool:
        """Return whether the row is about an action."""
        return any(fnmatchcase(action, pattern) for pattern in self.actions)


class RoleRow(Row):
    """What a role may do that does less than a deploy role."""

    calls: tuple[Call, ...]
    without: frozenset[str] = frozenset()
    """What its commands call and it may not do: they end well without."""
    reads: Literal["nothing", "metadata", "everything"] = "nothing"
    """What of the actions of the read handlers it may do."""
    conditions: tuple[Condition, ...] = ()
    """Those of this role, beside those of every role."""


class Rows(Row):
    """All that permissions.yaml states."""

    commands: dict[str, tuple[Call, ...]]
    groups: dict[str, tuple[Call, ...]]
    roles: dict[str, RoleRow]
    never_tagged: frozenset[str]
    create_action: dict[str, str]
    conditions: tuple[Condition, ...]
    fixed: dict[str, str]
    unlimited: frozenset[str]
    left_out: tuple[LeftOut, ...]
    risks: dict[str, str]

    def calls(self, command: str) -> list[Call]:
        """Return the calls of one command, its groups replaced by what they hold."""
        return self._of_words(self.commands[command])

    def role_calls(self, role: str) -> list[Call]:
        """Return the calls of a role, its commands and groups replaced by what they hold."""
        words = self.roles[role].calls
        calls = self._of_words(
            each for word in words for each in self.commands.get(word.action, (word,))
        )
        return [call for call in calls if call.action not in self.roles[role].without]

    def _of_words(self, words: Iterable[Call]) -> list[Call]:
        return [call for word in words for call in self.groups.get(word.action, (word,))]


@cache
def rows() -> Rows:
    """Return the rows, checked."""
    return Rows.model_validate(facts("permissions"))
