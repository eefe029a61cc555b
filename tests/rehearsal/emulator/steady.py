"""CloudFormation and services whose tasks are processes: it waits, and takes a failure back.

service_deployments.py waits for the deployment that a change of a service begins.
"""

import time
from collections.abc import Callable

from ministack.services import ecs
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, patch

PAUSE_SECONDS = 0.05


@patch(provisioners, "_ecs_service_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """A service whose first deployment failed stayed behind."""
    before = {*ecs._services}
    try:
        return old(logical_id, props, stack)
    except ValueError:
        for key in {*ecs._services} - before:
            _end(key)
        raise


@patch(provisioners, "_ecs_service_delete")
def _delete(_: Callable[..., None], arn: str, props: Properties) -> None:
    """The service's network was deleted while its tasks ran."""
    key = arn.partition(":service/")[2]
    if key in ecs._services:
        _end(key)


def _end(key: str) -> None:
    """Delete a service, and wait until its tasks have ended."""
    cluster, name = key.split("/")
    ecs._delete_service({"cluster": cluster, "service": name, "force": True})
    while (ecs._services.get(key) or {}).get("status") == "DRAINING":
        time.sleep(PAUSE_SECONDS)
