"""Broken chains of rights: each has a fault, which a rule reports, and its repair."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cfnlink.rules import RULES
from cfnlink.system.link import StackTemplate, link
from tests.helpers import ROOT
from tests.template import read

CODES = ("E9840", "E9890", "E9940")
FOUND = {code: RULES[code]() for code in CODES}
FILE = yaml.safe_load((ROOT / "tests" / "rules" / "chains.yaml").read_text("utf-8"))
CHAINS: dict[str, dict[str, Any]] = FILE["chains"]
ARN = "Arn of "


def written(node: Any) -> Any:
    """Return a node of the file as a template has it: "Arn of X" and "Ref X" are functions."""
    if isinstance(node, dict):
        return {key: written(value) for key, value in node.items()}
    if isinstance(node, list):
        return [written(value) for value in node]
    if isinstance(node, str) and node.startswith(ARN):
        return {"Fn::GetAtt": [node.removeprefix(ARN), "Arn"]}
    if isinstance(node, str) and node.startswith("Ref "):
        return {"Ref": node.removeprefix("Ref ")}
    is_sub = isinstance(node, str) and "${" in node and not node.startswith("{")
    return {"Fn::Sub": node} if is_sub else node


def resources(chain: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the resources of a chain with its fault or its fix."""
    found: dict[str, Any] = {}
    for name, body in {**chain["given"], **chain[key]}.items():
        if body is not None:
            kind, properties = next(iter(body.items()))
            content = role(properties) if kind == "Role" else properties or {}
            kind = "IAM::Role" if kind == "Role" else kind
            found[name] = {"Type": f"AWS::{kind}", "Properties": written(content)}
    return found


def role(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a role of a service; `may` are its actions on what `to` names."""
    trust = {"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "sts:AssumeRole"}
    own = [
        {"Effect": each.get("effect", "Allow"), "Action": each["may"], "Resource": each["to"]}
        for each in properties.get("statements", [])
    ]
    return {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "ManagedPolicyArns": properties.get("managed", []),
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": own}}],
    }


def findings(template: dict[str, Any]) -> list[str]:
    """Return what the three rules find, with its place."""
    cfn = read(template, "eu-west-1")
    return [
        f"{code} {'.'.join(map(str, found.path[1:]))}"
        for code in CODES
        for found in FOUND[code].match(cfn)
    ]


@pytest.mark.parametrize("name", CHAINS)
def test_a_broken_chain_is_found_and_a_whole_one_is_not(name: str) -> None:
    chain = CHAINS[name]

    assert findings({"Resources": resources(chain, "fault")}) == [chain["found"]]
    assert findings({"Resources": resources(chain, "fix")}) == []


@pytest.mark.parametrize("name", [n for n, c in CHAINS.items() if "E9890" in c["found"]])
def test_a_key_that_another_stack_uses_has_no_other_policy(name: str) -> None:
    chain = CHAINS[name]
    output = {"Key": {"Value": written("Arn of Key"), "Export": {"Name": "key"}}}

    template = {"Resources": resources(chain, "fault"), "Outputs": output}

    assert findings(template) == [chain["found"]]


def linked(bodies: dict[str, Any], first: set[str]) -> dict[str, Any]:
    """Return two linked stacks: the first has some of the resources and exports them all."""
    text = yaml.safe_dump({n: b for n, b in bodies.items() if n not in first})
    outputs: dict[str, Any] = {}
    second = yaml.safe_load(text)

    def imported(node: Any) -> Any:
        if isinstance(node, dict) and len(node) == 1:
            ((how, named),) = node.items()
            head, *rest = named if named and isinstance(named, list) else [named]
            if how in ("Ref", "Fn::GetAtt") and head in first:
                export = "-".join([head, *rest])
                value = {"Value": node, "Export": {"Name": export}}
                outputs[export.replace("-", "")] = value
                return {"Fn::ImportValue": export}
        if isinstance(node, dict):
            return {key: imported(value) for key, value in node.items()}
        return [imported(each) for each in node] if isinstance(node, list) else node

    second = imported(second)
    one = {"Resources": {n: b for n, b in bodies.items() if n in first}, "Outputs": outputs}
    stacks = [StackTemplate("a", "a", one), StackTemplate("b", "b", {"Resources": second})]
    return link(stacks).template


ACROSS = [name for name, chain in CHAINS.items() if "first" in chain]


@pytest.mark.parametrize("name", ACROSS)
def test_a_chain_across_an_import_is_the_same_chain(name: str) -> None:
    chain = CHAINS[name]
    first = set(chain["first"].split())

    found = findings(linked(resources(chain, "fault"), first))

    assert [each.split(" ")[0] for each in found] == [chain["found"].split(" ")[0]]
    assert findings(linked(resources(chain, "fix"), first)) == []
