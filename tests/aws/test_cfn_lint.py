"""The lists of cfn-lint's data in the catalogue are those of the cfn-lint that is installed."""

from cfnlink.aws import cfn_lint
from cfnlink.aws.limits import creatable_versions, instance_classes


def test_the_lists_are_those_of_the_installed_cfn_lint() -> None:
    assert cfn_lint.FILE.read_text("utf-8") == cfn_lint.content(), "run make lock"


def test_every_version_that_can_be_created_has_classes() -> None:
    assert all("db.r6g.large" in instance_classes(version) for version in creatable_versions())
    assert "db.t4g.micro" in instance_classes("15.18")
