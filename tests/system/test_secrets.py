"""The keys of a secret, as far as a template says them."""

from typing import Any

import pytest

from cfnlink.system.secrets import keys, readings
from tests.system.templates import template

SECRET = "SecretsManager::Secret"
ATTACHMENT = "SecretsManager::SecretTargetAttachment"
GENERATED = {"SecretStringTemplate": '{"username": "a"}', "GenerateStringKey": "password"}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"GenerateSecretString": GENERATED}, {"username", "password"}),
        ({"GenerateSecretString": {"PasswordLength": 20}}, set()),
        ({"SecretString": '{"token": "${Other}"}'}, {"token"}),
        ({"SecretString": "plain"}, set()),
        ({"SecretString": {"Ref": "Elsewhere"}}, None),
        ({}, None),
    ],
)
def test_a_secret_has_the_keys_of_its_content(
    properties: dict[str, Any], expected: set[str] | None
) -> None:
    assert keys(template(One=(SECRET, properties)).resources["One"]) == expected


def test_an_attachment_has_the_keys_of_its_secret_and_those_of_the_database() -> None:
    found = template(
        One=(SECRET, {"GenerateSecretString": GENERATED}),
        Joined=(ATTACHMENT, {"SecretId": {"Ref": "One"}, "TargetId": "db"}),
    ).resources

    assert keys(found["Joined"]) == keys(found["One"])
    assert {"username", "password", "host"} <= (keys(found["Joined"]) or set())
    assert keys(found["One"], attached=False) == {"username", "password"}


def test_a_dynamic_reference_names_a_secret_and_a_key() -> None:
    text = "{{resolve:secretsmanager:${One}:SecretString:username}}"
    found = template(
        One=(SECRET, {}), Reader=("SSM::Parameter", {"Value": {"Fn::Sub": text}})
    ).resources

    (reading,) = readings(found["Reader"])

    assert (reading.secret, reading.key) == (found["One"], "username")
    assert reading.path == ["Value"]
