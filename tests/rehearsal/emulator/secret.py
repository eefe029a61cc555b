"""Secrets Manager: the name and `Ref` of a secret, and which characters it may hold."""

import string
import uuid
from collections.abc import Callable

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, patch

EXCLUDED = {
    "ExcludePunctuation": string.punctuation,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeNumbers": string.digits,
}


def _name(arn: str) -> str:
    """ministack's own key of a secret, also when the secret is gone."""
    name, _ = secretsmanager._resolve(arn)
    return name or arn.rsplit(":", 1)[-1].rsplit("-", 1)[0]


def _by_arn(made: Made) -> Made:
    return made[1]["Arn"], made[1]


@patch(provisioners, "_sm_secret_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """`Ref` was the name: a task definition's ValueFrom and a policy got a name.

    A name that CloudFormation makes up begins with the logical id, not with the stack's name.
    """
    made_up = f"{logical_id}-{uuid.uuid4().hex[:12]}"
    return _by_arn(old(logical_id, {"Name": made_up, **props}, stack))


@patch(provisioners, "_sm_secret_update")
def _update(
    old: Callable[..., Made],
    arn: str,
    before: Properties,
    after: Properties,
    stack: str,
    logical_id: str,
) -> Made:
    name = _name(arn)
    kept = {} if "Name" in before else {"Name": name}
    return _by_arn(old(name, before, {**kept, **after}, stack, logical_id))


@patch(provisioners, "_sm_secret_delete")
def _delete(old: Callable[..., None], arn: str, props: Properties) -> None:
    old(_name(arn), props)


@patch(provisioners, "_sm_secret_string")
def _generate(old: Callable[..., str], props: Properties) -> str:
    """Only ExcludeCharacters was obeyed: ExcludePunctuation left `/` and `@` in."""
    rules = props.get("GenerateSecretString")
    if not rules:
        return old(props)
    excluded = rules.get("ExcludeCharacters", "")
    for flag, characters in EXCLUDED.items():
        if provisioners._cfn_bool(rules.get(flag, False)):
            excluded += characters
    length = int(rules.get("PasswordLength", 32))
    rules = {**rules, "ExcludeCharacters": excluded, "PasswordLength": length}
    return old({**props, "GenerateSecretString": rules})


# Every changed property was said to replace the secret, perhaps; only its name does.
provisioners._REPLACING_PROPERTIES["AWS::SecretsManager::Secret"] = ("Name",)
