"""CloudFormation: change sets that undo what was changed outside it, and express mode.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-express-mode.html
That AWS adds a resource again that was deleted is not verified.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import alb, cloudformation, ecs, secretsmanager
from ministack.services.cloudformation import changesets, drift, handlers, helpers, provisioners
from registry import Answer, Properties, patch

REVERTS = "REVERT_DRIFT"
SCALABLE = "AWS::ApplicationAutoScaling::ScalableTarget"
SERVICE = "AWS::ECS::Service"
SECRET = "AWS::SecretsManager::Secret"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


def _read_service(name: str, _: Properties) -> Properties | None:
    """The desired count of a service: `Ref` is its ARN, and so is its key in the store."""
    for each in ecs._services.values():
        if name in (each["serviceArn"], each["serviceName"]):
            return {"DesiredCount": each["desiredCount"]}
    return None


def _read_rule(arn: str, stated: Properties) -> Properties | None:
    """The actions of a rule: AWS compares only what the template states of them."""
    found = alb._rules.get(arn)
    if found is None:
        return None
    actions = [
        _weighted(*each)
        for each in zip(stated["Actions"], found.get("Actions", []), strict=False)
    ]
    return {"Actions": _stated(stated["Actions"], actions)}


def _weighted(stated: Properties, action: Properties) -> Properties:
    """An action as AWS keeps it: ministack knows only the one group of a changed rule."""
    groups = stated.get("ForwardConfig", {}).get("TargetGroups", [])
    arn = action.get("TargetGroupArn")
    if not groups or arn is None:
        return action
    weights = [
        {**each, "Weight": 100 if each["TargetGroupArn"] == arn else 0} for each in groups
    ]
    return {**action, "ForwardConfig": {"TargetGroups": weights}}


def _stated(expected: Any, actual: Any) -> Any:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {
            key: _stated(expected[key], value)
            for key, value in actual.items()
            if key in expected
        }
    if isinstance(expected, list) and isinstance(actual, list):
        both = zip(expected, actual, strict=False)
        return [_stated(*each) for each in both] + actual[len(expected) :]
    return actual


def _read_secret(arn: str, stated: Properties) -> Properties | None:
    """The old reader looked for the name, and `Ref` of a secret is its ARN."""
    found: Properties | None = drift._read_secret(secretsmanager._resolve(arn)[0], stated)
    return found


drift._DRIFT_READERS[SERVICE] = (_read_service, frozenset({"DesiredCount"}))
drift._DRIFT_READERS[RULE] = (_read_rule, frozenset({"Actions"}))
drift._DRIFT_READERS[SECRET] = (_read_secret, drift._DRIFT_READERS[SECRET][1])


def _drifts(stack: Properties) -> Iterator[tuple[str, Properties]]:
    """The drifted resources of a stack, by logical id."""
    for logical_id, record in stack["_resources"].items():
        if drift.supports_drift(record["ResourceType"]):
            found = drift.detect_resource_drift(
                stack, logical_id, record, "2026-11-27T00:00:00Z"
            )
            if found["StackResourceDriftStatus"] in ("MODIFIED", "DELETED"):
                yield logical_id, found


def _is_scaled(stack: Properties, found: Properties, path: str) -> bool:
    """Whether auto scaling owns a property: AWS ignores its drift."""
    held = {each["ResourceType"] for each in stack["_resources"].values()}
    return found["ResourceType"] == SERVICE and path == "/DesiredCount" and SCALABLE in held


def _detail(found: Properties, difference: Properties) -> Properties:
    path, name = difference["PropertyPath"], difference["PropertyPath"].split("/")[1]
    recreation = _recreation(found["ResourceType"], name)
    target = {
        "Attribute": "Properties",
        "Name": name,
        "RequiresRecreation": recreation,
        "Path": f"/Properties{path}",
        "BeforeValue": difference["ActualValue"],
        "AfterValue": difference["ExpectedValue"],
        "BeforeValueFrom": "ACTUAL_STATE",
        "AfterValueFrom": "TEMPLATE",
        "Drift": {
            "PreviousValue": difference["ExpectedValue"],
            "ActualValue": difference["ActualValue"],
        },
        "AttributeChangeType": "Modify",
    }
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _recreation(kind: str, name: str) -> str:
    replacing = provisioners._REPLACING_PROPERTIES.get(kind, ())
    return "Always" if name in replacing else "Never"


def _reverting(stack: Properties, logical_id: str, found: Properties) -> Properties | None:
    """The change that undoes the drift of a resource; None if AWS ignores all of it."""
    names = {"LogicalResourceId": logical_id, "ResourceType": found["ResourceType"]}
    status = found["StackResourceDriftStatus"]
    if status == "DELETED":
        return {"Action": "Add", **names, "ResourceDriftStatus": status}
    differences = found.get("PropertyDifferences", [])
    ignored = [each for each in differences if _is_scaled(stack, found, each["PropertyPath"])]
    details = [_detail(found, each) for each in differences if each not in ignored]
    if not details:
        return None
    return {
        "Action": "Modify",
        **names,
        "PhysicalResourceId": found["PhysicalResourceId"],
        "Replacement": "False",
        "Scope": ["Properties"],
        "ResourceDriftStatus": status,
        "ResourceDriftIgnoredAttributes": [
            {"Path": f"/Properties{each['PropertyPath']}", "Reason": "MANAGED_BY_AWS"}
            for each in ignored
        ],
        "Details": details,
    }


@patch(handlers, "_create_change_set")
def _create(old: Callable[..., Answer], asked: Properties) -> Answer:
    """DeploymentMode and DeploymentConfig were ignored."""
    answer = old(asked)
    name = handlers._p(asked, "ChangeSetName")
    made = [
        each for each in cloudformation._change_sets.values() if each["ChangeSetName"] == name
    ]
    if answer[0] != 200 or not made:
        return answer
    mode = handlers._p(asked, "DeploymentConfig.Mode")
    if mode:
        off = handlers._p(asked, "DeploymentConfig.DisableRollback")
        made[-1].setdefault("DeploymentConfig", {"Mode": mode, "DisableRollback": off})
    if handlers._p(asked, "DeploymentMode") == REVERTS and "DeploymentMode" not in made[-1]:
        _add_drift(made[-1])
    return answer


def _add_drift(made: Properties) -> None:
    """Add to a change set what undoes the drift of its stack."""
    stack = cloudformation._stacks[made["StackName"]]
    made["DeploymentMode"] = REVERTS
    changed = {each["ResourceChange"]["LogicalResourceId"]: each for each in made["Changes"]}
    for logical_id, found in _drifts(stack):
        if logical_id not in made["_template"].get("Resources", {}):
            continue
        made.setdefault("_actual", {})[logical_id] = found
        change = _reverting(stack, logical_id, found)
        if change and logical_id in changed:
            own = changed[logical_id]["ResourceChange"]
            own["Details"] = [*own.get("Details", []), *change.get("Details", [])]
            own["ResourceDriftStatus"] = change["ResourceDriftStatus"]
        elif change:
            made["Changes"].append({"ResourceChange": change})
    if made["Changes"] and made["Status"] == "FAILED":
        made.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")


@patch(handlers, "_describe_change_set")
def _describe(old: Callable[..., Answer], asked: Properties) -> Answer:
    """The members of a drift-aware change set; the values only where the call asks for them."""
    status, headers, body = old(asked)
    names = handlers._p(asked, "ChangeSetName"), handlers._p(asked, "StackName")
    _, found = changesets._find_change_set(*names)
    if not found or "DeploymentMode" not in found:
        return status, headers, body
    text = body.decode() if isinstance(body, bytes) else body
    if handlers._p(asked, "IncludePropertyValues").lower() == "true":
        targets = iter(
            [
                detail["Target"]
                for change in found["Changes"]
                for detail in change["ResourceChange"].get("Details", [])
            ]
        )
        text = re.sub("</Target>", lambda _: f"{_target(next(targets))}</Target>", text)
    changes = iter(found["Changes"])
    text = re.sub(
        "</ResourceChange>",
        lambda _: f"{_change(next(changes)['ResourceChange'])}</ResourceChange>",
        text,
    )
    more = f"<DeploymentMode>{REVERTS}</DeploymentMode></DescribeChangeSetResult>"
    return status, headers, text.replace("</DescribeChangeSetResult>", more).encode()


def _target(target: Properties) -> str:
    keys = ("Path", "BeforeValue", "AfterValue", "BeforeValueFrom", "AfterValueFrom", "Drift")
    return "".join(_element(key, target[key]) for key in keys if key in target)


def _change(change: Properties) -> str:
    ignored = "".join(
        f"<member>{_element('Path', each['Path'])}{_element('Reason', each['Reason'])}</member>"
        for each in change.get("ResourceDriftIgnoredAttributes", [])
    )
    status = change.get("ResourceDriftStatus", "IN_SYNC")
    return (
        f"<ResourceDriftStatus>{status}</ResourceDriftStatus>"
        f"<ResourceDriftIgnoredAttributes>{ignored}</ResourceDriftIgnoredAttributes>"
    )


def _element(name: str, value: Any) -> str:
    inner = (
        "".join(_element(*each) for each in value.items())
        if isinstance(value, dict)
        else helpers._esc(str(value))
    )
    return f"<{name}>{inner}</{name}>"


@patch(handlers, "_execute_change_set")
def _execute(old: Callable[..., Answer], asked: Properties) -> Answer:
    """An update begins at the actual state; express mode rolls nothing back unless told to."""
    _, made = changesets._find_change_set(
        handlers._p(asked, "ChangeSetName"), handlers._p(asked, "StackName")
    )
    stack = cloudformation._stacks.get(made["StackName"]) if made else None
    if not made or not stack or made["ExecutionStatus"] != "AVAILABLE":
        return old(asked)
    for logical_id, found in made.get("_actual", {}).items():
        if found["StackResourceDriftStatus"] == "DELETED":
            stack["_resources"].pop(logical_id, None)
            continue
        record = stack["_resources"][logical_id]
        names = {each["PropertyPath"].split("/")[1] for each in found["PropertyDifferences"]}
        actual = json.loads(found["ActualProperties"])
        now = {name: value for name, value in actual.items() if name in names}
        record["Properties"] = {**record["Properties"], **now}
    if config := made.get("DeploymentConfig"):
        stack["DeploymentConfig"] = config
        stays = config["Mode"] == "EXPRESS" and config["DisableRollback"] != "false"
        asked = {**asked, "DisableRollback": [str(stays).lower()]}
    return old(asked)


@patch(handlers, "_stack_drift_information_xml")
def _described(old: Callable[..., str], stack: Properties) -> str:
    config = stack.get("DeploymentConfig")
    return old(stack) + (_element("DeploymentConfig", config) if config else "")
