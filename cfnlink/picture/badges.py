"""Badges: the log groups and alarms of each card."""

from collections.abc import Iterator
from typing import Any

from cfnlink.picture.cards import count, names
from cfnlink.picture.inventory import Inventory
from cfnlink.picture.model import Line
from cfnlink.system.arn import pattern
from cfnlink.system.expressions import at
from cfnlink.system.logs import bearers, writers
from cfnlink.system.resource import Resource

LOGS = "AWS::Logs::LogGroup"
ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
# Of an alarm on one metric, and of one that computes with several.
DIMENSIONS = ("Dimensions.*", "Metrics.*.MetricStat.Metric.Dimensions.*")


class Badges:
    """The cards that write logs, and the cards that alarms watch."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.system = inventory.system
        side_row = {part: card for card in inventory.side_row for part in card.parts()}
        self.owner = side_row | inventory.owner

    def by_card(self) -> dict[str, tuple[Line, ...]]:
        """Return log groups with their retention and the number of alarms, by card."""
        logs: dict[str, list[Resource]] = {}
        alarms: dict[str, list[Resource]] = {}
        for group in self.system.of(LOGS):
            logs.setdefault(self._log_owner(group), []).append(group)
        for alarm in self.system.of(ALARM):
            alarms.setdefault(self._alarm_owner(alarm), []).append(alarm)
        return {
            key: tuple(_badge(logs.get(key, []), alarms.get(key, [])))
            for key in (*logs, *alarms)
        }

    def _log_owner(self, group: Resource) -> str:
        """Return the key of the card to which a log group belongs, or an empty text."""
        return next((card.key for card in self.inventory.owners(writers(group))), "")

    def _alarm_owner(self, alarm: Resource) -> str:
        """Return the key of the card that an alarm watches: by reference, name, or
        log filter."""
        dimensions = [found for path in DIMENSIONS for _, found in alarm.values_at(path)]
        for used in self.system.named(dimensions):
            if used.name in self.owner:
                return self.owner[used.name].key
        values = {self._name(at(part, "Value")) for part in dimensions} - {""}
        for card in self.inventory.owners([*bearers(self.system, values)]):
            return card.key
        metric = alarm.shown("MetricName")
        for each in self.system.of(FILTER):
            if each.shown("MetricTransformations", 0, "MetricName") == metric:
                group = self.system.first_named(each.expression("LogGroupName"), LOGS)
                return self._log_owner(group) if group else ""
        return ""

    def _name(self, value: Any) -> str:
        """Return the name that a dimension states, or the last part of its ARN."""
        return (pattern(self.system, value) or "").rpartition(":")[2]


def _badge(logs: list[Resource], alarms: list[Resource]) -> Iterator[Line]:
    if logs:
        days = {group.shown("RetentionInDays") or "no expiry" for group in logs}
        filters = [each for group in logs for each in group.dependents(FILTER)]
        kept = ", ".join(sorted(days, key=lambda text: (len(text), text)))
        unit = "" if kept == "no expiry" else " days" if kept != "1" else " day"
        noun = "log" if len(logs) == 1 else f"{len(logs)} logs"
        yield Line(f"{noun}, {kept}{unit}", names((*logs, *filters)), "log")
    if alarms:
        yield Line(count(len(alarms), "alarm"), names(alarms), "alarm")
