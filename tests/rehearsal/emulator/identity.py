"""IAM: OIDC providers, and on what a call to ECS has to be allowed.

AWS::IAM::OIDCProvider was "Unrecognized resource types"; IAM's own code was there. With
AUTH=true, when the emulator checks policies, services and tasks were taken for their cluster:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import iam
from registry import Made, Properties, accepted, mend, teach


def _create(_: str, props: Properties, __: str) -> Made:
    clients = enumerate(props.get("ClientIdList", []), 1)
    asked = {"Url": [props["Url"]]} | {f"ClientIDList.member.{n}": [c] for n, c in clients}
    arn = re.search(r"arn:[^<]+", accepted(iam._create_oidc_provider(asked)))[0]
    return arn, {"Arn": arn}


def _delete(arn: str, _: Properties) -> None:
    accepted(iam._delete_oidc_provider({"OpenIDConnectProviderArn": [arn]}))


teach("AWS::IAM::OIDCProvider", _create, _delete, replacing=("Url",))


@mend(iam_actions, "extract_resource_arn")
def _of_ecs(old: Callable[..., str], service: str, *call: Any) -> str:
    """The first service or task that is asked for."""
    known = old(service, *call)
    asked = json.loads(call[3] or b"{}") if service == "ecs" else {}
    for name in [*asked.get("services", []), *asked.get("tasks", [])]:
        if name.startswith("arn:"):
            return name
        kind = "service" if "services" in asked else "task"
        return f"{known.replace(':cluster/', f':{kind}/')}/{name}"
    return known
