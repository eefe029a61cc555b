"""Findings as text, as cfn-lint's JSON and SARIF, and as GitHub annotations."""

from typing import Any

from cfnlink.lint.finding import Finding


def as_text(findings: list[Finding]) -> str:
    """Return two lines for each finding: the line to change with the message, then
    the template's line."""
    lines = []
    for finding in findings:
        where, template = finding.where, finding.template
        name, code = _name(finding), finding.rule.id
        lines.append(f"{where.file}:{where.line} ({name}) {code} {finding.message}")
        if finding.source is not None:
            lines.append(f"    {template.file}:{template.line}")
    return "\n".join(lines)


def as_github(findings: list[Finding]) -> str:
    """Return workflow commands, which GitHub shows beside the line.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    kinds = {"error": "error", "warning": "warning", "informational": "notice"}
    lines = []
    for finding in findings:
        where = finding.where
        place = f"file={_escaped(where.file)},line={where.line},title={finding.rule.id}"
        message = f"({_name(finding)}) {finding.message}"
        lines.append(f"::{kinds[finding.level]} {place}::{_escaped(message)}")
    return "\n".join(lines)


def as_json(findings: list[Finding]) -> str:
    """Return cfn-lint's list of matches."""
    from cfnlint.formatters.json import JsonFormatter  # noqa: PLC0415 (only if asked for)

    return str(JsonFormatter().print_matches(_matches(findings), None, None))  # type: ignore[no-untyped-call]


def as_sarif(findings: list[Finding]) -> str:
    """Return SARIF, which code scanning reads."""
    from cfnlint.formatters.sarif import SARIFFormatter  # noqa: PLC0415 (only if asked for)

    matches = _matches(findings)
    rules = {match.rule.id: match.rule for match in matches}
    return str(SARIFFormatter().print_matches(matches, rules, None))  # type: ignore[no-untyped-call]


FORMATS = {"text": as_text, "json": as_json, "sarif": as_sarif, "github": as_github}


def _name(finding: Finding) -> str:
    inside = len(finding.path) > 1
    return f"{finding.tier}: {finding.path[1]}" if inside else finding.tier


def _matches(findings: list[Finding]) -> list[Any]:
    """Return cfn-lint's own matches, with our places."""
    from cfnlint.match import Match  # noqa: PLC0415 (only if asked for)
    from cfnlint.rules._rule import CloudFormationLintRule, RuleMatch  # noqa: PLC0415

    matches = []
    for finding in findings:
        rule = CloudFormationLintRule()
        vars(rule).update(vars(finding.rule))
        where = finding.where
        matches.append(
            Match(
                message=finding.message,
                rule=rule,
                filename=where.file,
                linenumber=where.line,
                columnnumber=where.column,
                linenumberend=where.line,
                columnnumberend=where.column,
                rulematch_obj=RuleMatch(finding.path, finding.message),
            )
        )
    return matches


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
