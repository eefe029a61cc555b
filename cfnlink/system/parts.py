"""Parts: what the operations and the reports must find in stacks whose names they do not know.

The manifest names the resource, parameter or output that plays each part, as TIER.LOGICAL_ID.
"""

from collections.abc import Iterable
from enum import StrEnum

WORKER = "worker_"  # begins the part of each worker, which its name ends


class Part(StrEnum):
    """The parts by their names in the manifest."""

    OWNER_SECRET = "owner_secret"  # noqa: S105 (the name of a part)
    USER_SECRET = "user_secret"  # noqa: S105 (the name of a part)
    URL_SECRET = "url_secret"  # noqa: S105 (the name of a part)
    SQL_ROLE = "sql_role"
    SQL_LOG_GROUP = "sql_log_group"
    IMAGE_TAG = "image_tag"
    DEPLOYMENT_ALARMS = "deployment_alarms"
    SERVICE = "service"
    SMOKE_KEY = "smoke_key"
    DEFAULT_URL = "default_url"
    URL = "url"

    @property
    def meaning(self) -> str:
        """Return what plays the part."""
        return MEANINGS[self]


MEANINGS = {
    Part.OWNER_SECRET: "the secret of the database's owner",
    Part.USER_SECRET: "the secret of the service's database user",
    Part.URL_SECRET: "the secret with the URL of the database",
    Part.SQL_ROLE: "the execution role of the tasks that run SQL",
    Part.SQL_LOG_GROUP: "the log group of the tasks that run SQL",
    Part.IMAGE_TAG: "the parameter with the tag of the service's image",
    Part.DEPLOYMENT_ALARMS: "the parameter with the alarms of the service's deployments",
    Part.SERVICE: "the ECS service",
    Part.SMOKE_KEY: "the API key that `smoke` sends",
    Part.DEFAULT_URL: "the output with the API's own address",
    Part.URL: "the output with the API's custom domain",
}


def worker_part(name: str) -> str:
    """Return the part of a worker: worker_mail."""
    return f"{WORKER}{name}"


def workers(parts: Iterable[str]) -> list[str]:
    """Return the names of the workers among some parts."""
    return sorted(part.removeprefix(WORKER) for part in parts if part.startswith(WORKER))
