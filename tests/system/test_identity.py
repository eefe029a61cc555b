"""The model knows what a role may do, by the statements of its policies."""

from typing import Any

import pytest

from cfnlink.system.arn import arn_of
from cfnlink.system.identity import Call, Rights, statements
from cfnlink.system.resource import System
from tests.system.templates import one, template
from tests.template import ref

PARTITION = "${AWS::Partition}"
READ = "secretsmanager:GetSecretValue"


def role(resource: Any, **properties: Any) -> System:
    """Return a role with a policy of its own and a secret."""
    statement = {"Effect": "Allow", "Action": READ, "Resource": resource}
    return template(
        Role=("IAM::Role", properties),
        Policy=(
            "IAM::Policy",
            {"Roles": [ref("Role")], "PolicyDocument": {"Statement": [statement]}},
        ),
        Secret=("SecretsManager::Secret", {}),
        Other=("SecretsManager::Secret", {}),
    )


def test_a_separate_policy_gives_its_role_the_right() -> None:
    found = role(ref("Secret")).resources
    rights = Rights(found["Role"])

    assert not rights.lacks(Call(READ, arn_of(found["Secret"])))
    assert rights.lacks(Call(READ, arn_of(found["Other"])))
    assert rights.lacks(Call("secretsmanager:DeleteSecret", arn_of(found["Secret"])))


@pytest.mark.parametrize(
    "arn", ["*", {"Fn::Sub": f"arn:{PARTITION}:secretsmanager:x:y:secret:*"}]
)
def test_an_arn_of_the_service_may_be_every_secret(arn: Any) -> None:
    found = role(arn).resources

    assert not Rights(found["Role"]).lacks(Call(READ, arn_of(found["Other"])))


def test_rights_are_unknown_with_a_policy_of_another_template() -> None:
    found = role("*", ManagedPolicyArns=[ref("Elsewhere")]).resources

    assert not Rights(found["Role"]).lacks(Call("s3:GetObject"))


def test_a_managed_policy_of_aws_gives_its_actions() -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    rights = Rights(one("IAM::Role", ManagedPolicyArns=[arn]))

    assert not rights.lacks(Call("logs:PutLogEvents"))
    assert rights.lacks(Call(READ))


def test_the_statements_of_a_trust_policy_are_marked() -> None:
    trust = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}}}
    (statement,) = statements(one("IAM::Role", AssumeRolePolicyDocument=trust))

    assert statement.trust
    assert statement.allows
    assert [name for _, name in statement.services()] == ["ecs.amazonaws.com"]
