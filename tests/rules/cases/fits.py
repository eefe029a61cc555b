"""Bad and good cases of cfnlink/rules/fits.py: two of each plain row of aws/fits.yaml."""

from __future__ import annotations

from typing import Any

from cfnlink.aws.fits import Fit, fits
from tests.rules.cases import BadCase, parse

SAMPLE = "sample"
GROWING = {"lower": 100, "higher": 1000}


def _set(node: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a dotted path; * is the only entry of a list."""
    here: Any = node
    *parents, last = path.split(".")
    for step, following in zip(parents, path.split(".")[1:], strict=True):
        if step == "*":
            here = here[0]
        else:
            here = here.setdefault(step, [{}] if following == "*" else {})
    here[0 if last == "*" else last] = value


def example(fit: Fit, other: Any) -> dict[str, Any]:
    """Return properties with which a fact holds, and the other property (None: without)."""
    properties: dict[str, Any] = {}
    prefix = f"{fit.at}." if fit.at else ""
    _set(properties, prefix + fit.trigger, (*fit.among, SAMPLE)[0])
    if fit.at_most:
        _set(properties, prefix + fit.at_most, 500)
    if other is not None:
        _set(properties, prefix + fit.then, other)
    return properties


def is_plain(fit: Fit) -> bool:
    """Whether a fact has the examples below; the others have theirs in tests/rules/fits.yaml."""
    listed = fit.must == "present" and "*" in fit.then
    texts = (
        fit.then == fit.trigger
        or fit.apart
        or fit.written
        or fit.must_not
        or fit.no_keys
        or fit.stored
        or fit.multiple_of
        or fit.whole
        or fit.excepted
        or fit.trigger.endswith(".0")
    )
    return not (fit.is_joined or fit.is_stock or fit.at_least or listed or texts)


def bad_example(kind: str, fit: Fit) -> dict[str, Any]:
    """Return a resource that breaks a fact."""
    other: Any = None if fit.must in ("present", "true") else SAMPLE
    other = 501 - fit.minus if fit.at_most else other
    return {"Type": kind, "Properties": example(fit, other)}


def good_example(kind: str, fit: Fit) -> dict[str, Any]:
    """Return a resource that agrees with a fact."""
    other: Any = (*fit.allowed, SAMPLE)[0] if fit.must != "absent" else None
    other = 500 - fit.minus if fit.at_most else other
    return {"Type": kind, "Properties": example(fit, other)}


def _place(fit: Fit) -> str:
    missing = fit.must in ("present", "true")
    dotted = ".".join(filter(None, (fit.at, "" if missing else fit.then)))
    return ".".join(["Thing", "Properties", *dotted.replace("*", "0").split(".")]).rstrip(".")


def _cases() -> list[BadCase]:
    return [
        BadCase(code, {("Thing",): bad_example(kind, fit)}, parse(_place(fit)), alone=True)
        for kind, rows in fits().items()
        for fit in filter(is_plain, rows)
        for code in ["W9963" if fit.warn else "E9962"]
    ]


TASK = {
    "Type": "AWS::ECS::TaskDefinition",
    "Properties": {
        "RequiresCompatibilities": ["FARGATE"],
        "Cpu": {"Fn::Select": [0, ["512", "1024"]]},
        "Memory": {"Fn::Select": [1, ["2048", "8192"]]},
    },
}
FOLDED = [BadCase("E9983", {("Thing",): TASK}, parse("Thing.Properties"), alone=True)]
JOINED = [  # the other rows: tests/rules/fits.yaml
    BadCase(
        "E9931",
        {
            ("Thing",): {
                "Type": "AWS::WAFv2::RuleGroup",
                "Properties": {"Rules": [{"Priority": 1}, {"Priority": 1}]},
            }
        },
        parse("Thing.Rules.1.Priority"),
        alone=True,
    ),
    BadCase(
        "W9932",
        {
            ("Photos",): {"Type": "AWS::S3::Bucket"},
            ("Thing",): {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": {"detail": {"bucket": {"name": [{"Ref": "Photos"}]}}}
                },
            },
        },
        parse("Thing.EventPattern.detail.bucket.name.0"),
        alone=True,
    ),
]
BAD_CASES = _cases() + JOINED + FOLDED
