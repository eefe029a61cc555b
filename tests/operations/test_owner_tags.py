"""The tags of a source decide who restores it; AWS's answers are replayed."""

import pytest

from cfnlink.operations.owner_tags import refused_source
from tests.helpers import example_output
from tests.operations.iam import ACCOUNT
from tests.operations.stubs import stubbed

FOLDER = example_output("staging")
BACKUP = f"arn:aws:rds:us-east-1:{ACCOUNT}:auto-backup:ab-1a2b"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-staging-deploy-role-Role-1A2B/job"
OTHERS = (
    f"arn:aws:iam::{ACCOUNT}:user/administrator",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/Administrator/me",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-production-deploy-role-Role-1A2B/job",
)
OWN = {"project": "shop", "environment": "staging"}
ADD = (
    f"as an administrator: aws rds add-tags-to-resource --resource-name {BACKUP} "
    "--tags Key=project,Value=shop Key=environment,Value=staging --region us-east-1\n"
)


def refused(caller: str, tags: dict[str, str]) -> tuple[str, str] | None:
    """Ask as a caller; an empty one is never asked for."""
    described = [{"Key": key, "Value": value} for key, value in tags.items()]
    with stubbed(FOLDER, "sts") as (environment, stubs):
        if caller:
            answer = {"Account": ACCOUNT, "Arn": caller, "UserId": "ABCDEFGHIJKLMNOP"}
            stubs["sts"].add_response("get_caller_identity", answer)
        return refused_source(environment, BACKUP, described)


@pytest.mark.parametrize("tags", [{}, {"project": "shop"}, {"Name": "nightly"}])
def test_the_deploy_role_learns_how_a_source_without_tags_gets_them(
    tags: dict[str, str],
) -> None:
    found = refused(ROLE, tags)

    assert found is not None
    assert "Key=environment,Value=staging, and a deploy role restores only" in found[0]
    assert found[1].startswith(ADD)


def test_no_line_takes_a_source_from_its_owner() -> None:
    found = refused(ROLE, OWN | {"environment": "production"})

    assert found is not None
    assert found[1].startswith("it has another owner; as an administrator: ")
    assert "add-tags" not in found[1]


@pytest.mark.parametrize("caller", OTHERS)
def test_another_caller_is_not_stopped(caller: str) -> None:
    assert refused(caller, {}) is None


def test_a_source_with_the_tags_can_be_restored() -> None:
    assert refused("", OWN) is None
