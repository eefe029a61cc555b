"""Change one choice at a time: what it would save or cost, and what it gives up."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from build import build
from cfnlink.cost.alternative import Alternative
from cfnlink.cost.bill import Bill, bill
from cfnlink.system.folder import UnusableError, settings_folder
from templates.settings import Settings, SettingsError, load_environments
from templates.settings.combinations import invalid_combinations
from templates.settings.firewall import OF_WEB_ACL, FirewallSettings

Choice = tuple[dict[str, Any], str]
# The changed settings, and what that gives up or wins.
CHOICES: tuple[Choice, ...] = (
    (
        {"network.egress": "public-ip"},
        "tasks have public addresses; security groups admit no connection from outside",
    ),
    ({"network.egress": "nat"}, "one fixed address outwards; both zones need one gateway"),
    (
        {"network.egress": "nat", "network.nat_gateways": 2},
        "a fixed address in each zone; no zone needs the other",
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
    (
        {"usage.database_term": "3y-partial-upfront"},
        "three years of this class are paid, half of them at once",
    ),
    ({"usage.compute_term": "on-demand"}, "no plan: tasks may go any day"),
    (
        {"usage.compute_term": "1y-savings-plan"},
        "a year of these tasks is paid, used or not; the plan covers Fargate, Lambda and EC2",
    ),
    (
        {"usage.compute_term": "3y-savings-plan"},
        "three years of these tasks are paid, used or not",
    ),
    ({"service.spot_percent": 0}, "AWS interrupts no task"),
    ({"service.spot_percent": 50}, "AWS may take back half of the tasks within two minutes"),
    ({"service.spot_percent": 100}, "AWS may take back all tasks within two minutes"),
)
# What the search may choose; what the architecture fixes is not among it. The estimate has
# a one-year term for the database: a longer one, and a plan for the tasks, are levers.
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


def of_folder(folder: Path) -> list[Alternative]:
    """Return the choices for an output folder; none if its settings are not beside it.

    Raises UnusableError for settings that cannot be built.
    """
    root, name = settings_folder(folder), folder.resolve().name
    if root is None or not (root / "environments" / f"{name}.toml").is_file():
        return []
    try:
        (settings,) = load_environments(root, [name])
    except SettingsError as error:
        raise UnusableError(folder, f"its settings cannot be built\n{error}") from None
    return alternatives(settings, root)


def alternatives(settings: Settings, folder: Path | None = None) -> list[Alternative]:
    """Return every choice that the settings do not make, the largest saving first.

    `folder` is the settings folder with the user's own prices.
    """
    before = _bill(settings, folder)
    found = []
    for changes, meaning in (*CHOICES, *_relative_choices(settings)):
        other = _changed(settings, changes)
        if other is None or other == settings:
            continue
        text = ", ".join(f"{key} = {json.dumps(value)}" for key, value in changes.items())
        found.append(Alternative(text, _difference(before, _bill(other, folder)), meaning))
    return sorted(found, key=lambda each: (each.difference is None, each.difference or 0))


def _relative_choices(settings: Settings) -> Iterator[Choice]:
    """Return choices whose meaning depends on the current settings: less, or more."""
    tasks, volume = settings.service.minimum_tasks, settings.usage.log_gb
    one = "one task: a failed task is an outage until the next one runs"
    less = one if tasks == 2 else "one task less always runs"
    if tasks > 1:
        yield {"service.minimum_tasks": tasks - 1}, less
    yield {"service.minimum_tasks": tasks + 1}, "one task more always runs"
    for name, worker in settings.workers.items():
        section = f"workers.{name}"
        if worker.minimum_tasks:
            first = "the first message starts a task, which takes some minutes"
            yield {f"{section}.minimum_tasks": 0}, first
        if worker.minimum_tasks or settings.usage.worker_tasks:
            back = "AWS may take back its tasks within two minutes; their messages come back"
            yield {f"{section}.spot_percent": 100}, back
    yield {"usage.log_gb": round(volume / 2, 3)}, "the container logs half as much"
    yield {"usage.log_gb": volume * 2}, "the container logs twice as much"
    yield from _observing_choices(settings)
    if stored := settings.usage.bucket_gb:
        less = "objects, or their older versions, expire sooner"
        yield {"usage.bucket_gb": round(stored / 2, 3)}, less
    if settings.api.jwt.issuer:
        calls = settings.usage.token_calls or settings.usage.requests
        half = "API Gateway answers twice as many requests from its cache of tokens"
        yield {"usage.token_calls": calls // 2}, half


def _observing_choices(settings: Settings) -> Iterator[Choice]:
    """Return what the firewall and traces would save."""
    firewall, default = settings.api.firewall, FirewallSettings()
    if firewall.web_acl:
        off = {
            f"api.firewall.{key}": getattr(default, key)
            for key in ("web_acl", *OF_WEB_ACL)
            if getattr(firewall, key) != getattr(default, key)
        }
        yield off, "no rule inspects the requests"
    if settings.service.tracing:
        share = settings.service.tracing_sample_percent
        yield {"service.tracing_sample_percent": round(share / 2, 3)}, "half as many traces"


def _difference(before: Bill, after: Bill) -> float | None:
    """Return the change of a month, if all changed items are priced."""
    known = {(line.resource, line.item) for line in before.not_priced}
    if any((line.resource, line.item) not in known for line in after.not_priced):
        return None
    return round(after.total - before.total, 2)


def cheapest(settings: Settings) -> tuple[Settings, Bill]:
    """Return the cheapest arrangement that keeps the architecture; it tries all.

    A computed or unknown price does not decide.
    """
    fitting = [each for each in _candidates(settings) if keeps_architecture(each)]
    bills = [(candidate, _bill(candidate)) for candidate in fitting]
    sure = [
        (candidate, found)
        for candidate, found in bills
        if not found.at_least and all(line.confidence != "derived" for line in found.lines)
    ]
    return min(sure, key=lambda pair: pair[1].total)


def keeps_architecture(settings: Settings) -> bool:
    """Whether an arrangement is still the requested architecture.

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
    """Return the settings with other values, or None if they are an invalid combination."""
    content = settings.model_dump()
    for key, value in changes.items():
        *path, last = key.split(".")
        table = content
        for part in path:
            table = table[part]
        table[last] = value
    if changes.get("network.egress", "nat") != "nat":
        content["network"]["nat_gateways"] = 1
    try:
        other = settings.with_content(content)
    except ValidationError:  # one more than the largest number
        return None
    return None if any(invalid_combinations(other)) else other


def _bill(settings: Settings, folder: Path | None = None) -> Bill:
    built = build(settings)
    return bill(built.system, json.loads(built.files["manifest.json"]), folder)
