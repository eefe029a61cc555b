"""Run cfn-lint over a linked system: its own rules and ours, once for each resource."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, cast

from cfnlint.config import ConfigMixIn
from cfnlint.core import get_rules
from cfnlint.helpers import REGIONS
from cfnlint.match import Match
from cfnlint.rules._rules import Rules, RulesCollection
from cfnlint.runner.template.runner import run_template_by_data

from cfnlink.aws.catalogue import types, without_row
from cfnlink.lint.finding import Finding, Position, RuleInfo
from cfnlink.lint.names import Names
from cfnlink.lint.nodes import positioned
from cfnlink.lint.position import locate
from cfnlink.lint.rule import IGNORED, Rule
from cfnlink.lint.unknown import NEEDS_ALL_STACKS, unknown
from cfnlink.system.expressions import at
from cfnlink.system.folder import FileFault, Folder, UnusableError, line_of
from cfnlink.system.link import StackTemplate, link, system_id
from cfnlink.system.macros import types_of_macros
from cfnlink.system.resource import Problem, System

RULES = "cfnlink.rules"
# Limits of one stack; a system is never deployed and may exceed them.
LIMITS = ["E1002", "E2010", "E3010", "E6010", "E7010"]
PAGE_OF_FORMATS = "template-formats.html"
GUIDE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide"
# The sections that the linked template has of each template.
LINKED = ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
HEAD = {"AWSTemplateFormatVersion": "2010-09-09"}
LONGEST_DESCRIPTION_BYTES = 1024
PLACEHOLDER = {"None": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
# Names of the linker's problems; their ids continue those of cfnlink/rules/.
LINK_RULES = {
    "E9001": "An import has an export",
    "E9002": "An export's name is exported once",
    "E9003": "An import comes from an earlier stack",
    "E9005": "Names of the system are its own",
    "E9007": "A stack has the capabilities that its resources need",
    "E9020": "An imported export exists with the parameters of its stack",
    "E9021": "A parameter with a stated value is one of the template",
    "E9022": "A parameter without a Default has a value",
    "E9023": "A stated value fulfils its parameter's constraints",
    "E9024": "An export's name has letters, digits, colons and hyphens only",
    "E9031": "Each file can be used",
    "W9025": "A stack with a macro may be deployed without a change set",
    "I9006": "An export is imported, or described for a stack that is elsewhere",
    "I9008": "A type of resource has a row in the catalogue",
    "I9009": "Templates without a manifest are complete",
}


@cache
def rules() -> RulesCollection:
    """Return cfn-lint's rules and ours; loading them takes longer than a run."""
    return get_rules([RULES], LIMITS, ["W", "E"])


def check(folder: Folder) -> list[Finding]:
    """Return all findings of one environment, in the order of its stacks. Raises
    UnusableError."""
    _check_region(folder)
    stacks = folder.stacks()
    system = link(stacks, folder.known, is_complete=folder.has_manifest)
    problems = list(system.problems)
    if not folder.has_manifest:
        problems = [each for each in problems if each.code not in NEEDS_ALL_STACKS]
        problems += unknown(stacks, system)
    tiers = {stack.tier: stack for stack in stacks}
    found = [
        _of_problem(folder, tiers[problem.tier], problem)
        for problem in (*problems, *_without_row(system))
    ]
    found += _of_rules(folder, stacks, system)
    ignored = {stack.tier: at(stack.template, *IGNORED) for stack in stacks}
    found = [one for one in found if not _is_ignored(one.rule.id, ignored[one.tier])]
    names = Names(stacks, system)
    found = [replace(one, message=names.in_templates(one.message, one.tier)) for one in found]
    order = {stack.tier: number for number, stack in enumerate(stacks)}
    unique = {(f.rule.id, f.tier, tuple(map(str, f.path)), f.message): f for f in found}
    found = sorted(unique.values(), key=lambda f: (order[f.tier], f.template.line, f.rule.id))
    return [*map(of_file, folder.faults), *found]


def _is_ignored(code: str, names: Any) -> bool:
    """Whether the Metadata of a template ignores a rule, by the beginning of an id."""
    known = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    rule = rules().rules.get(code) if known else None
    known = rule.with_new_id(known) if isinstance(rule, Rule) else known
    return code.startswith(tuple(filter(None, known)))


def of_file(fault: FileFault) -> Finding:
    """Return the finding of a file that belongs to no stack."""
    good, file = LINK_RULES[fault["code"]], fault["file"]
    return Finding(
        rule=RuleInfo(fault["code"], good, good, f"{GUIDE}/{PAGE_OF_FORMATS}"),
        message=fault["message"],
        tier=Path(file).stem,
        path=[],
        template=Position(file, fault["line"]),
        source=None,
    )


def _of_rules(folder: Folder, stacks: list[StackTemplate], system: System) -> Iterator[Finding]:
    """Yield the findings of all rules: those of cfn-lint on a stack with a macro alone, and
    on what the linked template does not have."""
    macros = {stack.tier: stack for stack in stacks if stack.macros}
    for match in _run(system.template, folder.region, system):
        one = _of_match(folder, stacks, system, match)
        if isinstance(match.rule, Rule) or one.tier not in macros:
            yield one
    for stack in stacks:  # cfn-lint knows the macros of AWS
        alone = stack.template if stack.macros else _unlinked(stack.template)
        for match in _run(alone, folder.region) if alone else ():
            path = _path(match)
            is_of_it = stack.macros or path[:1] not in ([], *([each] for each in LINKED))
            if is_of_it and not isinstance(match.rule, Rule):
                yield _finding(folder, match, stack.tier, path)


def _unlinked(template: dict[str, Any]) -> dict[str, Any]:
    """Return what the linked template does not have of a template, with the parameters, which
    Metadata names; empty if that is only an ordinary head."""
    rest = {key: body for key, body in template.items() if key not in LINKED}
    text = rest.get("Description", "")
    size = len(text.encode(errors="surrogatepass")) if isinstance(text, str) else inf
    is_short = size <= LONGEST_DESCRIPTION_BYTES
    if is_short and {"Description": text, **rest} == {"Description": text, **HEAD}:
        return {}
    parameters = {key: body for key, body in template.items() if key == "Parameters"}
    return {**rest, **parameters, "Resources": PLACEHOLDER}


def _run(
    template: dict[str, Any], region: str, system: System | None = None
) -> Iterator[Match]:
    """Yield the matches of all rules for a template, which may be that of a system."""
    config = ConfigMixIn(regions=[region], ignore_checks=LIMITS)
    nodes = positioned(template)
    if system:
        system.read_by_rules(nodes, region)
    yield from run_template_by_data(nodes, config, cast("Rules", rules()))


def _check_region(folder: Folder) -> None:
    """Raise UnusableError for a region without data in cfn-lint."""
    if folder.region not in REGIONS:
        message = f'"region": cfn-lint knows no {folder.region}; expected one like us-east-1'
        if not folder.has_manifest:
            message = message.replace('"region"', "--region")
        file = folder.path / "manifest.json" if folder.has_manifest else folder.path
        raise UnusableError(file, message)


def _path(match: Match) -> list[Any]:
    parts = getattr(match, "path", None) or []
    return [str(part) if isinstance(part, str) else part for part in parts]


def _of_match(
    folder: Folder, stacks: list[StackTemplate], system: System, match: Match
) -> Finding:
    """Return a finding of the system as a finding of the tier that owns it."""
    path = _path(match)
    owner, name = stacks[0], None
    if len(path) > 1:
        owner, name = _owner(stacks, system, str(path[0]), str(path[1])) or (owner, None)
    own = [path[0], name, *path[2:]] if name else path[:1]
    own = [*owner.macros.written_path(tuple(own))]
    return _finding(folder, match, owner.tier, _existing(owner.template, own))


def _owner(
    stacks: list[StackTemplate], system: System, section: str, joined: str
) -> tuple[StackTemplate, str] | None:
    """Return the stack that owns something of the system, and its name in that stack."""
    for stack in stacks:
        for name in stack.section(section):
            if system_id(stack.tier, str(name)) == joined:
                resource = system.resources.get(joined)
                if resource is None or resource.tier == stack.tier:
                    return stack, str(name)
    return None


def _existing(template: Any, path: list[Any]) -> list[Any]:
    """Return the part of a path that the tier's own template has: it ends at an import."""
    node = template
    for depth, part in enumerate(path):
        if (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]
        else:
            return path[:depth]
    return path


def _without_row(system: System) -> Iterator[Problem]:
    """Yield a note at the first resource of each type of which the catalogue has no row."""
    noted = {*types()}
    for each in system.resources.values():
        if each.type not in noted and not each.type.startswith(types_of_macros()):
            noted.add(each.type)
            path = ("Resources", each.logical_id, "Type")
            fix = f"add a row {each.type}, which says what it costs and whether it holds data"
            message = f"{without_row(each.type)}; fix: {fix}"
            yield Problem("I9008", each.tier, each.stack, path, message)


def _of_problem(folder: Folder, stack: StackTemplate, problem: Problem) -> Finding:
    good = LINK_RULES[problem.code]
    path = list(stack.macros.written_path(problem.path))
    template, source = _positions(folder, problem.tier, path)
    return Finding(
        rule=RuleInfo(problem.code, good, good, f"{GUIDE}/using-cfn-stack-exports.html"),
        message=f"{problem.stack}: {problem.message}",
        tier=problem.tier,
        path=path,
        template=template,
        source=source,
    )


def _finding(folder: Folder, match: Match, tier: str, path: list[Any]) -> Finding:
    rule = match.rule
    template, source = _positions(folder, tier, path)
    return Finding(
        rule=RuleInfo(rule.id, rule.shortdesc, rule.description, rule.source_url),
        message=str(match.message),
        tier=tier,
        path=path,
        template=template,
        source=source,
    )


def _positions(folder: Folder, tier: str, path: list[Any]) -> tuple[Position, Position | None]:
    """Return the position in the template, and the one in the code if it is known."""
    file = folder.files[tier]
    template = Position(str(file.path), *line_of(file, tuple(path)))
    source = folder.source(tier)
    place = locate(source, tuple(path)) if source else None
    return template, Position(str(place.file), place.line) if place else None
