"""IAM: OIDC providers, permissions boundaries, and the names of log groups.

AWS::IAM::OIDCProvider was "Unrecognized resource types"; IAM's own code was there.
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, accepted, patch, teach


def _create(_: str, props: Properties, __: str) -> Made:
    clients = enumerate(props.get("ClientIdList", []), 1)
    asked = {"Url": [props["Url"]]} | {f"ClientIDList.member.{n}": [c] for n, c in clients}
    arn = re.search(r"arn:[^<]+", accepted(iam._create_oidc_provider(asked)))[0]
    return arn, {"Arn": arn}


def _delete(arn: str, _: Properties) -> None:
    accepted(iam._delete_oidc_provider({"OpenIDConnectProviderArn": [arn]}))


teach("AWS::IAM::OIDCProvider", _create, _delete, replacing=("Url",))


@patch(provisioners, "_iam_role_create")
def _bounded(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """A role of a stack had no permissions boundary."""
    name, attributes = old(logical_id, props, stack)
    _set_boundary(name, props)
    return name, attributes


@patch(provisioners, "_iam_role_update")
def _bounded_anew(old: Callable[..., Made], name: str, *states: Any, **more: Any) -> Made:
    """Nor did an update give it one."""
    made = old(name, *states, **more)
    _set_boundary(made[0], states[1])
    return made


def _set_boundary(name: str, props: Properties) -> None:
    boundary = props.get("PermissionsBoundary")
    if boundary and iam._boundary_policy_error(boundary):
        raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable.")
    iam._roles[name]["PermissionsBoundary"] = boundary


@patch(provisioners, "_cwlogs_create")
def _log_group(old: Callable[..., Made], name: str, props: Properties, stack: str) -> Made:
    """A group without a name got one that does not begin with its stack's."""
    made_up = provisioners._physical_name(stack, name)
    return old(name, {"LogGroupName": made_up, **props}, stack)


@patch(provisioners, "_cwlogs_update")
def _kept(old: Callable[..., Made], group: str, *states: Properties, **more: Any) -> Made:
    """Nor does an update give it another."""
    before, after, *rest = states
    named = [{"LogGroupName": group, **before}, after]
    if "LogGroupName" not in before:
        named[1] = {"LogGroupName": group, **after}
    return old(group, *named, *rest, **more)
