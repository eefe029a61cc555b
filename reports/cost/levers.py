"""One choice changed at a time: what it would save or cost, and what it gives up."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from build import build
from checks.folder import settings_folder
from reports.cost.bill import Bill, bill
from templates.settings import Settings, load_environments
from templates.settings.combinations import invalid_combinations

# (setting, value, what it gives up or wins)
CHOICES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"network.egress": "public-ip"}, "tasks have public addresses that nobody can enter by"),
    ({"network.egress": "nat"}, "one fixed address outwards; both zones hang on one gateway"),
    (
        {"network.egress": "nat", "network.nat_gateways": 2},
        "a fixed address in each zone; nothing hangs on the other zone",
    ),
    ({"network.egress": "endpoints"}, "tasks reach AWS and nothing else"),
    ({"service.cpu_architecture": "ARM64"}, "the image must be built for ARM64"),
    ({"service.cpu_architecture": "X86_64"}, "for images that do not run on ARM64"),
    ({"database.multi_az": True}, "a standby that takes over by itself"),
    ({"database.multi_az": False}, "no standby: a failed zone is an outage and a restore"),
    ({"usage.database_term": "on-demand"}, "no term: the database may go any day"),
    ({"usage.database_term": "1y-no-upfront"}, "a year of this class is paid, used or not"),
    ({"usage.database_term": "1y-partial-upfront"}, "a year is paid, half of it at once"),
    ({"usage.database_term": "1y-all-upfront"}, "a year is paid at once"),
    ({"service.spot_percent": 50}, "half of the tasks may be taken back within two minutes"),
    ({"service.spot_percent": 100}, "all tasks may be taken back within two minutes"),
    ({"service.minimum_tasks": 1}, "one task: a failed one is an outage until the next runs"),
    ({"service.minimum_tasks": 3}, "one more task always runs"),
    ({"usage.log_gb": 1.0}, "the container logs less"),
    ({"usage.log_gb": 10.0}, "the container logs more"),
)
# What the search may choose; what the drawing says is not among it.
SEARCHED: dict[str, list[Any]] = {
    "network.egress": ["public-ip", "nat", "endpoints"],
    "service.cpu_architecture": ["ARM64", "X86_64"],
    "database.multi_az": [True, False],
    "service.minimum_tasks": [1, 2, 3],
    "service.spot_percent": [0, 50, 100],
    "usage.database_term": [
        "on-demand",
        "1y-no-upfront",
        "1y-partial-upfront",
        "1y-all-upfront",
    ],
}


@dataclass(frozen=True)
class Lever:
    """A changed choice: its monthly difference in USD, and what it means."""

    change: str
    difference: float
    meaning: str


def settings_of(folder: Path) -> Settings | None:
    """The settings behind an output folder, where they lie beside it."""
    root, name = settings_folder(folder), folder.resolve().name
    if root is None or not (root / "environments" / f"{name}.toml").is_file():
        return None
    return load_environments(root, [name])[0]


def levers(settings: Settings, folder: Path | None = None) -> list[Lever]:
    """Every choice that the settings do not make yet, the largest saving first.

    `folder` is the settings folder with the user's own prices.
    """
    before = _bill(settings, folder).total
    found = []
    for changes, meaning in CHOICES:
        other = _changed(settings, changes)
        if other is None or other == settings:
            continue
        text = ", ".join(f"{key} = {json.dumps(value)}" for key, value in changes.items())
        found.append(Lever(text, round(_bill(other, folder).total - before, 2), meaning))
    return sorted(found, key=lambda lever: lever.difference)


def cheapest(settings: Settings) -> tuple[Settings, Bill]:
    """The cheapest arrangement that still is the drawing, found by trying all.

    A price that nobody has found, only computed, does not decide.
    """
    fitting = [candidate for candidate in _candidates(settings) if meets_drawing(candidate)]
    bills = [(candidate, _bill(candidate)) for candidate in fitting]
    sure = [
        (s, b) for s, b in bills if not any(line.confidence == "derived" for line in b.lines)
    ]
    return min(sure, key=lambda pair: pair[1].total)


def meets_drawing(settings: Settings) -> bool:
    """Whether an arrangement keeps every line of the drawing.

    Two tasks of this size that run; Spot promises none of them. PostgreSQL 15 with a
    standby, insights and a week of backups. The API's own name. A week of logs.
    """
    service, database = settings.service, settings.database
    return (
        (service.cpu, service.memory_mib, service.port) == (256, 512, 3000)
        and service.minimum_tasks >= 2
        and service.maximum_tasks > service.minimum_tasks
        and service.spot_percent == 0
        and database.engine_version.startswith("15.")
        and database.instance_class == "db.t4g.micro"
        and database.multi_az
        and database.backup_days == 7
        and settings.logs.retention_days == 7
        and settings.dns.domain is not None
    )


def _candidates(settings: Settings) -> Iterator[Settings]:
    for values in product(*SEARCHED.values()):
        other = _changed(settings, dict(zip(SEARCHED, values, strict=True)))
        if other is not None:
            yield other


def _changed(settings: Settings, changes: dict[str, Any]) -> Settings | None:
    """The settings with other values, or None where they are impossible together."""
    content = settings.model_dump()
    for key, value in changes.items():
        *path, last = key.split(".")
        table = content
        for part in path:
            table = table[part]
        table[last] = value
    if changes.get("network.egress", "nat") != "nat":
        content["network"]["nat_gateways"] = 1
    other = Settings.model_validate(content)
    return None if any(invalid_combinations(other)) else other


def _bill(settings: Settings, folder: Path | None = None) -> Bill:
    built = build(settings)
    return bill(built.system, json.loads(built.files["manifest.json"]), folder)
