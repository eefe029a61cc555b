"""Badges: the log groups and alarms of each card."""

from collections.abc import Iterable, Iterator

from cfnlink.picture.card import count
from cfnlink.picture.inventory import Inventory
from cfnlink.picture.model import Card, Line
from cfnlink.system.references import at

LOGS = "AWS::Logs::LogGroup"
ALARM = "AWS::CloudWatch::Alarm"
ROLE = "AWS::IAM::Role"
FILTER = "AWS::Logs::MetricFilter"


class Badges:
    """The cards that write logs, and the cards that alarms watch."""

    def __init__(self, inventory: Inventory) -> None:
        self.facts, self.cards, self.owner = inventory.facts, inventory.cards, inventory.owner
        self.side_cards = {part: card for card in inventory.side_row for part in card.parts()}

    def by_card(self) -> dict[str, tuple[Line, ...]]:
        """Return log groups with their retention and the number of alarms, by card."""
        logs: dict[str, list[str]] = {}
        alarms: dict[str, list[str]] = {}
        for key in self.facts.of(LOGS):
            logs.setdefault(self._log_owner(key), []).append(key)
        for key in self.facts.of(ALARM):
            alarms.setdefault(self._alarm_owner(key), []).append(key)
        return {
            key: tuple(self._badge(logs.get(key, []), alarms.get(key, [])))
            for key in (*logs, *alarms)
        }

    def _badge(self, logs: list[str], alarms: list[str]) -> Iterator[Line]:
        if logs:
            days = {self.facts.text(key, "RetentionInDays") or "no expiry" for key in logs}
            filters = [f for key in logs for f in self.facts.users_of(key, FILTER)]
            kept = ", ".join(sorted(days, key=lambda text: (len(text), text)))
            unit = "" if kept == "no expiry" else " days" if kept != "1" else " day"
            noun = "log" if len(logs) == 1 else f"{len(logs)} logs"
            yield Line(f"{noun}, {kept}{unit}", (*logs, *filters), "log")
        if alarms:
            yield Line(count(len(alarms), "alarm"), tuple(alarms), "alarm")

    def _log_owner(self, key: str) -> str:
        """Return the key of the card that writes a log group.

        The card refers to the group, or bears its name, or has a resource of the same stack
        in common with the role that may write the group.
        """
        users = self.facts.users.get(key, ())
        for near in (*users, *self.facts.uses[key], *self._shared(key, users)):
            if near in self.owner:
                return self.owner[near].key
        parts = self.facts.text(key, "LogGroupName").split("/")
        return next((c.key for c in self.cards if self._physical(c) & set(parts)), "")

    def _shared(self, key: str, users: Iterable[str]) -> Iterator[str]:
        stack = self.facts.resources[key].stack
        for user in users:
            for used in self.facts.uses[user] if self.facts.type(user) == ROLE else ():
                if self.facts.resources[used].stack == stack:
                    yield from self.facts.users.get(used, ())

    def _alarm_owner(self, key: str) -> str:
        """Return the key of the card that an alarm watches: by reference, name, or
        log filter."""
        dimensions = self.facts.items(key, "Dimensions")
        for used in self.facts.refs(dimensions):
            card = self.owner.get(used) or self.side_cards.get(used)
            if card:
                return card.key
        names = {self.facts.literal(at(part, "Value")) for part in dimensions} - {""}
        for card in self.cards:
            if self._physical(card) & names:
                return card.key
        metric = self.facts.text(key, "MetricName")
        for filter_ in self.facts.of(FILTER):
            if self.facts.text(filter_, "MetricTransformations", 0, "MetricName") == metric:
                group = self.facts.first(self.facts.get(filter_, "LogGroupName"), LOGS)
                return self._log_owner(group) if group else ""
        return ""

    def _physical(self, card: Card) -> set[str]:
        """Return the physical names of a card's own resource."""
        if card.key not in self.facts.resources:
            return set()
        names = ("DBInstanceIdentifier", "Name", "FunctionName", "TableName", "QueueName")
        return {self.facts.text(card.key, name) for name in names} - {""}
