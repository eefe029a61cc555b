"""What SQL needs: psql in the repository, and an owner's password that RDS really sets."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import ecr, rds
from registry import Answer, Properties, patch, store

TAG = "psql-15"


_copied = store()


@patch(ecr, "_describe_images")
def _with_psql(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A repository holds psql once it is asked for, as if docker had copied it there.

    A repository that holds an image is not deleted, so a new one is empty.
    """
    name = asked.get("repositoryName", "")
    wanted = {"imageTag": TAG} in (asked.get("imageIds") or [])
    if wanted and name in ecr._repositories and name not in _copied:
        _copied[name] = TAG
        image = {"imageManifest": "{}", "imageTag": TAG}
        ecr._put_image({"repositoryName": name, **image})
    return old(asked)


@patch(rds, "_modify_db_instance")
def _set_password(old: Callable[..., Answer], asked: Any) -> Answer:
    """The owner of a real server behind the instance kept its old password."""
    answer = old(asked)
    password = rds._p(asked, "MasterUserPassword")
    if password and "CONTAINER_PATH" in os.environ:
        name = rds._p(asked, "DBInstanceIdentifier")
        owner = rds._instances[name]["MasterUsername"]
        psql = Path(os.environ["CONTAINER_PATH"].partition(":")[0], "psql")
        place = {"PGHOST": "127.0.0.1", "PGPORT": os.environ["CONTAINER_PGPORT"]}
        who = {"PGUSER": "rdsadmin", "PGPASSWORD": "rdsadmin", "PGDATABASE": "app"}
        sql = f"ALTER ROLE {owner} PASSWORD '{password}'"
        subprocess.run([psql, "--command", sql], env={**place, **who}, check=True)
    return answer
