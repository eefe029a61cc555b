"""Managed policies that hold grants, as few as IAM takes them."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import awacs.aws
from awacs.aws import Action, Condition, PolicyDocument, Statement
from troposphere import AWSHelperFn, ImportValue, Sub, iam

from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.grants import Grant, Test

if TYPE_CHECKING:
    from cfnlink.system.resource import Body

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY, MOST_POLICIES = 6_144, 10
# The most characters that a variable can become; of an import, an ARN of a policy.
LONGEST = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12, "!*": 4}
LONGEST_IMPORT = 168
VARIABLE = re.compile(r"\$\{(.+?)\}")


def managed_policies(
    grants: Sequence[Grant], path: str, imports: Mapping[str, str]
) -> list[iam.ManagedPolicy]:
    """Return policies that hold all grants, or CommandError where IAM takes no more.

    imports: the exports behind the variables that are none of AWS's.
    """
    full: list[list[Grant]] = []
    sizes = {id(grant): _size(grant) for grant in grants}
    for grant in sorted(grants, key=lambda each: sizes[id(each)], reverse=True):
        room = LARGEST_POLICY - sizes[id(grant)]
        fits = [each for each in full if sum(sizes[id(one)] for one in each) < room]
        if fits:
            fits[0].append(grant)
        else:
            full.append([grant])
    if len(full) > MOST_POLICIES or max(sizes.values()) >= LARGEST_POLICY:
        message = f"{len(full)} policies: a role takes {MOST_POLICIES} of {LARGEST_POLICY:,}"
        raise CommandError(Exit.UNUSABLE, f"{message} characters", "split the environment")
    return [
        iam.ManagedPolicy(
            f"Policy{number}",
            Path=path,
            PolicyDocument=PolicyDocument(
                Version="2012-10-17", Statement=[_statement(each, imports) for each in some]
            ),
        )
        for number, some in enumerate(full, 1)
    ]


def _size(grant: Grant) -> int:
    """The characters of a statement in IAM at most, which counts no white space."""
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in grant.tests:
        conditions.setdefault(operator, {})[key] = [*values]
    statement: Body = {
        "Effect": grant.effect,
        "Action": grant.actions,
        "NotResource" if grant.but else "Resource": grant.resources,
        **({"Condition": conditions} if conditions else {}),
    }
    text = json.dumps(statement, separators=(",", ":"))
    sized = VARIABLE.sub(lambda found: "x" * LONGEST.get(found[1], LONGEST_IMPORT), text)
    return len(sized) + len(',"Version":"2012-10-17"')


def _statement(grant: Grant, imports: Mapping[str, str]) -> Statement:
    more: Body = {}
    if grant.tests:
        more["Condition"] = _condition(grant.tests, imports)
    more["NotResource" if grant.but else "Resource"] = [
        _text(arn, imports) for arn in grant.resources
    ]
    actions = [Action(*each.split(":")) for each in grant.actions]
    return Statement(Effect=grant.effect, Action=actions, **more)


def _condition(tests: Sequence[Test], imports: Mapping[str, str]) -> Condition:
    """The tests, those of one operator together."""
    operators: dict[str, Body] = {}
    for operator, key, values in tests:
        operators.setdefault(operator, {})[key] = [_text(each, imports) for each in values]
    classes = {name: getattr(awacs.aws, name.replace(":", "")) for name in operators}
    return Condition([classes[name](keys) for name, keys in operators.items()])


def _text(text: str, imports: Mapping[str, str]) -> AWSHelperFn | str:
    """A text of a policy with its variables as CloudFormation fills them in."""
    names = [name for name in VARIABLE.findall(text) if name in imports]
    if names and text == f"${{{names[0]}}}":
        return ImportValue(imports[names[0]])
    if names:
        return Sub(text, {name: ImportValue(imports[name]) for name in names})
    return Sub(text) if "${" in text else text
