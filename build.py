"""Build CloudFormation templates from settings: `python build.py [ENVIRONMENT ...]`."""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cfnlink import interrupts

if __name__ == "__main__":
    interrupts.end_at_once()

from cfnlink.aws.limits import LARGEST_BODY_BYTES, known_version
from cfnlink.next_command import CommandLine, build_never_deployed
from cfnlink.system.folder import built_folders
from cfnlink.system.left_over import (
    left_over,
    output_folders,
    removal,
    removed_environment,
    says,
)
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System
from cfnlink.version import is_newer, version
from cfnlink.writer import Texts, in_reading_order, json_text, template_json, yaml_text
from templates.account import account_tier
from templates.api import api_tier
from templates.context import described
from templates.dashboard import MonitoredTiers
from templates.database import database_tier
from templates.dns import dns_tier
from templates.load_balancer import load_balancer_tier
from templates.monitoring import monitoring_tier
from templates.needed import Needed
from templates.network import network_tier
from templates.reasons import recorded
from templates.service import service_tier
from templates.settings import (
    Settings,
    SettingsError,
    environment_names,
    load_environments,
    schema,
)
from templates.settings.built_templates import Templates
from templates.settings.files import environment_path
from templates.settings.immutability import (
    immutable_changes,
    is_same_system,
    replaces_database_with_empty,
)
from templates.stack import Stack, Tier

HERE = Path(__file__).parent
SCHEMA = Path("environments") / "settings.schema.json"
MANIFEST = "manifest"
USUAL_TIMEOUT_SECONDS = 29  # of an integration, without a higher quota
COMPARED = ("network", "database", "api")  # the tiers on which data, imports and names depend


def architecture(settings: Settings) -> list[Tier]:
    """Return the tiers in deployment order; each one takes the tiers on which it depends."""
    account = account_tier(settings)
    network = network_tier(settings)
    database = database_tier(settings, account, network)
    balancer = load_balancer_tier(settings, network)
    needed = Needed(account, network, database, balancer)
    service = service_tier(settings, needed)
    api = api_tier(settings, needed, service.log_group)
    dns = dns_tier(settings, account, api) if settings.dns.domain else None
    monitoring = monitoring_tier(settings, MonitoredTiers(api, balancer, service))
    tiers = [account, network, database, balancer, service, api, dns, monitoring]
    return [tier for tier in tiers if tier is not None]


@dataclass(frozen=True)
class Built:
    """One environment: the texts of its files by name, and its stacks linked."""

    settings: Settings
    files: Texts
    system: System


def build(settings: Settings) -> Built:
    """Return the content of one environment's output folder."""
    with recorded():
        tiers = architecture(settings)
    stacks = [tier.stack for tier in tiers]
    templates = {stack.tier: in_reading_order(stack.template.to_dict()) for stack in stacks}
    system = link(
        [StackTemplate(s.tier, s.name, templates[s.tier], parts=s.parts) for s in stacks]
    )
    if settings.metadata_context:
        templates = described(settings, tiers, templates, system)
    writers: dict[str, Callable[[], str]] = {}
    for tier, template in templates.items():
        writers[f"{tier}.yaml"] = partial(yaml_text, template)
        writers[f"{tier}.json"] = partial(template_json, template, LARGEST_BODY_BYTES)
    writers["system.yaml"] = partial(yaml_text, system.template)
    writers["manifest.json"] = partial(json_text, _manifest(settings, stacks))
    return Built(settings, Texts(writers), system)


def faults(built: Built, output: Path, way_out: str | None = None) -> list[str]:
    """Return the faults that forbid writing what was built, a line each with the file.

    way_out: the command that builds an environment that was never deployed. None if the user
    said that it was not; then nothing is compared with the earlier build.
    """
    folder, environment = output / built.settings.environment, built.settings.environment
    found = [
        f"{folder / name}: {len(text.encode()):,} bytes, and CloudFormation takes "
        f"{LARGEST_BODY_BYTES:,}; expected fewer API clients, paths, jobs or variables"
        for name, text in built.files.items()
        if name not in ("system.yaml", "manifest.json")
        and len(text.encode()) > LARGEST_BODY_BYTES
    ]
    found += [
        f"{folder / problem.tier}.yaml: {'.'.join(map(str, problem.path))}: {problem.message}"
        for problem in built.system.problems
        if problem.code.startswith("E")
    ]
    if way_out:
        before, after = _templates_before(built, folder), _parsed(built.files, COMPARED)
        found += map(str, immutable_changes(environment, before, after, way_out))
    return found


def _templates_before(built: Built, folder: Path) -> Templates:
    """Return the templates of an earlier build of the same system, as far as they
    are readable."""
    texts = {}
    for name in (MANIFEST, *COMPARED):
        with suppress(OSError, UnicodeDecodeError):
            texts[f"{name}.json"] = (folder / f"{name}.json").read_text("utf-8")
    before = _parsed(texts, (MANIFEST, *COMPARED))
    now = _parsed(built.files, (MANIFEST,))
    is_same = is_same_system(before.pop(MANIFEST, {}), now[MANIFEST])
    return before if is_same else {}


def _parsed(files: Mapping[str, str], names: Iterable[str]) -> Templates:
    """Return those of some files that hold a JSON object, by name."""
    found = {}
    for name in names:
        with suppress(ValueError, KeyError):
            found[name] = json.loads(files[f"{name}.json"])
    return {name: content for name, content in found.items() if isinstance(content, dict)}


def write(built: Built, output: Path) -> None:
    """Replace the environment's files with what was built; keep other files in the folder.

    Each file is replaced at once, and old files are deleted last: an interrupted build can
    be run again, and no file is half written.
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
    """Return the facts about the templates that other programs need."""
    return {
        "generator": version(),
        "project": settings.project,
        "environment": settings.environment,
        "region": settings.region,
        "account": settings.account.id,
        "stacks": [_entry(stack) for stack in stacks],
        "usage": settings.usage.stated(),
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
        "shared": stack.is_shared,
        "tags": stack.tags,
        "parameters": {},
        "source": f"templates/{stack.tier}.py",
    }


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 built, 1 faults on stderr, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return _build(options, options.output or options.settings / "output")
    except KeyboardInterrupt:
        print("interrupted: run the same command again", file=sys.stderr)
        return 130


def _build(options: argparse.Namespace, output: Path) -> int:
    try:
        environments = load_environments(options.settings, options.environment)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    unknown = {*options.never_deployed} - {each.environment for each in environments}
    if unknown:
        print(f"--never-deployed: {', '.join(sorted(unknown))} is not built", file=sys.stderr)
        return 2
    everything = [build(settings) for settings in environments]
    wrong = [
        fault
        for built in everything
        for fault in faults(built, output, _way_out(options, built.settings.environment))
    ]
    wrong += _ambiguous_names(everything)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    try:
        _write_all(options, everything, output)
    except OSError as error:
        print(
            f"{error.filename or output}: {error.strerror}; choose another --output",
            file=sys.stderr,
        )
        return 1
    return 0


def _ambiguous_names(everything: list[Built]) -> list[str]:
    """Return the environments whose names a role's permissions cannot distinguish.

    A role can change each resource whose name begins with the name of one of its stacks.
    """
    owners = {
        stack["name"]: stack["tags"].get("environment", "")
        for built in everything
        for stack in json.loads(built.files["manifest.json"])["stacks"]
    }
    found = {}
    for name, owner in owners.items():
        for other, others_owner in owners.items():
            if owner != others_owner and name.startswith(f"{other}-"):
                found[owner] = (
                    f"{environment_path(owner)}: the name of its stack {name} begins with "
                    f"{other}, a stack of another owner, whose deploy role would reach it; "
                    "expected another name of the file"
                )
    return [*found.values()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    parser.add_argument("environment", nargs="*", help="all of them, if left out")
    parser.add_argument("--settings", type=Path, default=HERE, metavar="DIR")
    parser.add_argument("--output", type=Path, default=None, metavar="DIR")
    parser.add_argument(
        "--never-deployed",
        action="append",
        default=[],
        metavar="ENVIRONMENT",
        help="allow every change of an environment of which no stack was ever deployed",
    )
    return parser


def _way_out(options: argparse.Namespace, environment: str) -> str | None:
    """Return the command that builds an environment never deployed; None if it is this one."""
    if environment in options.never_deployed:
        return None
    never = [*options.never_deployed, environment]
    words = [
        *options.environment,
        *(["--output", str(options.output)] if options.output else []),
    ]
    return build_never_deployed(options.settings, never, *words)


def _write_all(options: argparse.Namespace, everything: list[Built], output: Path) -> None:
    """Write what was built; print what AWS still has of an earlier build."""
    (options.settings / SCHEMA).write_text(schema(), "utf-8", newline="\n")
    before = {
        name: folder
        for name, folder in output_folders(output).items()
        if name not in options.never_deployed
    }
    for built in everything:
        _write_and_say(built, output)
    for line in _warnings(everything, output):
        print(line)
    for former, stacks in left_over(before, output_folders(output)):
        print(f"{former.path}: {says(', '.join(stacks))}\n    {removal(former, stacks)}")
    known = environment_names(options.settings)
    for path in built_folders(output):
        if path.name not in known:
            what, command = removed_environment(path, str(CommandLine("destroy", path)))
            print(f"{path}: {what}\n    {command}")


def _warnings(everything: list[Built], output: Path) -> Iterator[str]:
    """Yield warnings about settings that AWS accepts and a user may want to change."""
    every = [built.settings for built in everything]
    silent = [each.environment for each in every if not each.monitoring.alarm_email]
    if silent:
        yield (
            f"no address receives the alarms of {', '.join(silent)}: "
            "set alarm_email in [monitoring] of the environment or of project.toml"
        )
    for settings in every:
        yield from _unknown_version(settings, output)
        key, seconds = max(settings.api.timeouts.items(), key=lambda each: each[1])
        if seconds > USUAL_TIMEOUT_SECONDS:
            look = CommandLine("preflight", output / settings.environment)
            yield (
                f"{environment_path(settings.environment)}: {key}: "
                f"{seconds:g} needs a higher quota of the account than "
                f"{USUAL_TIMEOUT_SECONDS} (L-E5AE38E3); to see what it has: {look}"
            )


def _unknown_version(settings: Settings, output: Path) -> Iterator[str]:
    """RDS upgrades minor versions past the list that this tool has."""
    version = settings.database.engine_version
    known = known_version(version)
    if known != version:
        look = CommandLine("preflight", output / settings.environment)
        yield (
            f"{environment_path(settings.environment)}: database.engine_version: {version} is "
            f"newer than {known}, the newest that this tool knows; to see whether RDS has it: "
            f"{look}"
        )


def _write_and_say(built: Built, output: Path) -> None:
    folder = output / built.settings.environment
    written_by = _generator(folder)
    if is_newer(written_by):
        print(
            f"{folder}: version {written_by} of the tool wrote it, and this is {version()}; "
            f"fix: git checkout v{written_by} in the tool's repository, then build again",
            file=sys.stderr,
        )
    before = _templates_before(built, folder)
    if replaces_database_with_empty(before, _parsed(built.files, COMPARED)):
        generation = built.settings.database.generation
        print(f"{folder}: generation {generation} is a new, empty database: it has no source")
    write(built, output)
    stacks = len(json.loads(built.files["manifest.json"])["stacks"])
    print(f"{folder}: {stacks} stacks")


def _generator(folder: Path) -> str:
    """Return the version of the tool that wrote an output folder, if its manifest states it."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((folder / "manifest.json").read_text("utf-8"))["generator"])
    return ""


if __name__ == "__main__":
    interrupts.end_in_order()
    gc.disable()  # a short life with many small objects: collecting takes a twentieth of it
    sys.exit(main())
