"""Write the workflows of GitHub Actions: `cfnlink pipeline --repository OWNER/NAME`."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from cfnlink.commands import COMMANDS, NAME, started_by_make
from cfnlink.next_command import program_line
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.reporter import Reporter
from cfnlink.pipeline.facts import Pipeline, pipeline, place
from cfnlink.pipeline.files import File, files
from cfnlink.system.folder import UnusableError, built_folders

REPOSITORY = re.compile(r"(?P<owner>[\w.-]+)(@\d+)?/(?P<name>[\w.-]+)(@\d+)?", re.ASCII)
OUTPUT = "output"


def run(options: SimpleNamespace) -> int:
    """Write the files, or say which one a user has changed; return the exit code."""
    report = Reporter(options.json)
    try:
        facts = _facts(options)
        _write(report, files(facts, _again(options)), options)
    except (CommandError, UnusableError) as error:
        code = error.code if isinstance(error, CommandError) else Exit.UNUSABLE
        step = error.next_command if isinstance(error, CommandError) else ""
        return report.end(code, str(error), step)
    _say(report, facts, options)
    return report.end(Exit.DONE)


def _facts(options: SimpleNamespace) -> Pipeline:
    found = REPOSITORY.fullmatch(options.repository)
    if found is None:
        message = f"{options.repository} is no repository: expected OWNER/NAME"
        raise CommandError(Exit.UNUSABLE, message)
    folder = options.settings
    environments = _ordered(folder, options.environment)
    where = place(folder, folder / OUTPUT, options.tool or "")
    repository = f"{found['owner']}/{found['name']}"
    facts = pipeline(environments, repository, options.branch, options.service, where)
    if facts.image and options.runner:
        return replace(facts, image=replace(facts.image, runner=options.runner))
    return facts


def _ordered(folder: Path, names: list[str]) -> list[Environment]:
    """Return the environments in the order of deployment: as named, or the cheapest first."""
    there = {each.name: open_environment(each) for each in built_folders(folder / OUTPUT)}
    unknown = [name for name in names if name not in there]
    if unknown or not there:
        words = f"{unknown[0]} is none of" if unknown else "there is none below"
        known = ", ".join(there) or str(folder / OUTPUT)
        message = f"no environment to deploy: {words} {known}"
        raise CommandError(Exit.UNUSABLE, message)
    if names:
        return [there[name] for name in dict.fromkeys(names)]
    return sorted(there.values(), key=lambda each: (each.bill.total, each.name))


def _again(options: SimpleNamespace) -> str:
    """Return the command that writes the same files again, in the settings folder."""
    command = COMMANDS["pipeline"]
    words = [NAME, "pipeline", "--repository", options.repository]
    for name in ("tool", "branch", "service", "runner"):
        value, option = getattr(options, name), command.option(name)
        words += [] if value in (None, option.default) else [option.flag, value]
    for each in options.environment:
        words += [command.option("environment").flag, each]
    return shlex.join(words)


def _write(report: Reporter, found: list[File], options: SimpleNamespace) -> None:
    """Write all files, or none where a user has changed one."""
    changed = [each for each in found if each.is_changed() and not each.is_written()]
    if changed and not options.force:
        for each in changed:
            report.say(each.difference())
        names = ", ".join(str(each.path) for each in changed)
        message = f"{names}: changed since this command wrote it, or written by another program"
        force = "FORCE=1" if started_by_make() else COMMANDS["pipeline"].option("force").flag
        fix = f"keep the change and write nothing, or replace the file: add {force}"
        raise CommandError(Exit.FAILED, message, fix)
    for each in found:
        word = "unchanged" if each.is_written() else "written"
        each.write()
        report.say(f"{each.path}: {word}")
    report.result({"files": [str(each.path) for each in found]})


def _say(report: Reporter, facts: Pipeline, options: SimpleNamespace) -> None:
    """Say the order of deployment, and the GitHub environments with the role of each."""
    names = [each.name for each in facts.environments]
    report.say(f"order of deployment: {', '.join(names)}")
    commands = {}
    for number, (name, words) in enumerate(_roles(facts).items()):
        later = ["--existing-provider"] * (number > 0)
        repository = ["--repository", options.repository]
        commands[name] = program_line("deploy-role", *words, *repository, *later)
        report.say(f"GitHub environment {name}: {commands[name]}")
    report.result({"environments": names, "roles": commands})
    report.next(
        "as an administrator: run each line above, deploy its template, and give the GitHub "
        "environment the variable DEPLOY_ROLE"
    )


def _roles(facts: Pipeline) -> dict[str, list[str]]:
    """Return the GitHub environments of the workflows, with the words of each role."""
    folders = {each.name: f"{facts.output}/{each.name}" for each in facts.environments}
    first = next(iter(folders.values()))
    roles = {facts.shared_tier: [first, "--account"]} if facts.shared_tier else {}
    roles |= {"images": [first, "--purpose", "images"]} if facts.image else {}
    for name, folder in folders.items():
        roles[name] = [folder]
        for purpose in ("plan", "schedule"):
            roles[f"{name}-{purpose}"] = [folder, "--purpose", purpose]
    return roles
