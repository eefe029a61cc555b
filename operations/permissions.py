"""The least that a role needs to create, change and delete exactly an environment's stacks.

The actions are those of the resource schemas' handlers, with which CloudFormation acts in the
name of whoever deploys, and those that our commands call. What an action may touch follows
from the stacks' names and tags, as far as AWS's Service Authorization Reference allows.
Schemas and reference lie in cfn-lint's package; the rest that is known in permissions.yaml.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schema.html
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from checks.link import Resource
from operations.lease import parameter
from operations.outcome import Exit, Stop
from operations.target import SHARED_TIER, Target

KNOWN = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
# Of the 64 characters of a role's name CloudFormation keeps 14 for itself, and at least half
# of the others for the stack's name: IdentifierUtils, as in permissions.yaml.
ROOM, HALF = 50, 25
HANDLERS = ("create", "read", "update", "delete")
GLOBAL = ("iam", "route53")
READS = ("BatchGet", "Describe", "Get", "List")
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 (a type)
DYNAMIC = re.compile(r"\{\{resolve:(secretsmanager|ssm|ssm-secure):(.+?)\}\}")
NO_RESOURCE = "AWS takes no resource for them"
ONLY_READ = "they only read, and what they read has no name of ours"
UNTAGGED = "what they meet has no name of ours, and perhaps no tag yet"
AWS_NAMES = "AWS makes up its ids or names"

Test = tuple[str, str, tuple[str, ...]]  # operator, key, values


@dataclass(frozen=True)
class Grant:
    """Actions on resources under conditions; why says why it reaches beyond what is ours."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tests: tuple[Test, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Permissions:
    """What deploying one environment needs. Raises Stop where a type has no schema."""

    target: Target

    @cached_property
    def left_out(self) -> dict[str, str]:
        """The actions that handlers list and the role does not get, with the reason."""
        reasons = {action: self._needless(action) for action in sorted(self._asked)}
        return {action: why for action, why in reasons.items() if why}

    @cached_property
    def grants(self) -> list[Grant]:
        """All that is allowed; what has one reach stands together."""
        found: dict[tuple[Any, ...], list[str]] = {}
        for action in sorted({*self._asked} - {*self.left_out}):
            for reach in self._reach(action):
                found.setdefault(reach, []).append(action.partition("@")[0])
        for action, arn in self._by_reference():
            found.setdefault(((arn,), (), ""), []).append(action)
        return [Grant(tuple(actions), *reach) for reach, actions in found.items()]

    @cached_property
    def _asked(self) -> dict[str, list[tuple[Resource, str]]]:
        """Each action, and whose handler asks for it; of the commands' calls nobody's."""
        asked: dict[str, list[tuple[Resource, str]]] = {}
        for resource in self.target.system.resources.values():
            body, handlers = resource.body, self._schema(resource)["handlers"]
            kept = [body.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")]
            for handler in HANDLERS[
                : 3 if all(str(policy).startswith("Retain") for policy in kept) else 4
            ]:
                for action in handlers.get(handler, {}).get("permissions", []):
                    asked.setdefault(action, []).append((resource, handler))
        for command in KNOWN["commands"]:
            for call in calls(command):
                asked.setdefault(call, [])
        return asked

    def _schema(self, resource: Resource) -> dict[str, Any]:
        from cfnlint.schema import (  # noqa: PLC0415 (a second; --help needs none)
            PROVIDER_SCHEMA_MANAGER,
            ResourceNotFoundError,
        )

        region, kind = self.target.folder.region, str(resource.body.get("Type"))
        with suppress(ResourceNotFoundError):
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
            if schema.get("handlers"):
                return dict(schema)
        where = f"{resource.stack}: {resource.logical_id} is of type {kind}"
        message = f"{where}, and no schema says what making one needs"
        raise Stop(Exit.UNUSABLE, message, "write the deploy role by hand")

    def _needless(self, action: str) -> str:
        """Why the role does not get an action; empty where it does."""
        if re.search("ServiceLinkedRoleDeletion|DeleteServiceLinkedRole", action):
            return "a service-linked role is the account's, and others use it"
        kinds, (service, _, name) = _kinds(action), action.partition(":")
        named = {
            kind for of, _, ends in map(_row, KNOWN["named"]) if of == service for kind in ends
        }
        expected = {*kinds} <= named or not (self._asked[action] or name.startswith(READS))
        if kinds and expected and action not in KNOWN["for_all"] and not self._ends(action):
            return f"nothing here is a {' or '.join(kinds[:3])}"
        if not self._asked[action]:
            return ""
        if _entry(action) is None:
            return "AWS's reference knows no such action"
        for pattern, word in KNOWN["only_with"].items():
            if fnmatchcase(action, pattern) and word.lower() not in self._properties:
                return f"no resource has {word}"
        return ""

    @cached_property
    def _properties(self) -> str:
        bodies = self.target.system.template["Resources"].values()
        return json.dumps([body.get("Properties") for body in bodies]).lower()

    def _reach(self, action: str) -> Iterator[tuple[tuple[str, ...], tuple[Test, ...], str]]:
        """Resources, conditions, and where it is wide the reason, of one action."""
        service, _, name = action.partition("@")[0].partition(":")
        kinds, tests, ends = _kinds(action), self._tests(action), self._ends(action)
        arns = tuple(_head(service, kinds) + end for end in ends) or ("*",)
        if service in KNOWN["tagged"] and kinds and self._all_tagged(action):
            for tags in self._tags(action):
                yield arns, (*tests, *tags), "" if tags else UNTAGGED
        elif ends:
            yield arns, tests, AWS_NAMES * bool(_wide_ends() & {*ends})
        else:
            here = ("StringEquals", "aws:RequestedRegion", (self.target.folder.region,))
            why = ONLY_READ if name.startswith(READS) else UNTAGGED
            where = () if service in GLOBAL else (here,)
            yield arns, (*tests, *where), why if kinds else NO_RESOURCE

    def _ends(self, action: str) -> list[str]:
        """The ends of the ARNs on which an action is allowed; none where it has to be all."""
        action, _, own = action.partition("@")
        if action == "iam:CreateServiceLinkedRole":
            own = "role/aws-service-role/*"
        if own or action in KNOWN["for_all"]:
            return [own] * bool(own)
        kinds = _kinds(action)
        named = self._names.get(action.partition(":")[0], ())
        return [end for kind, end in named if kinds and kind in (*kinds, "*")]

    @cached_property
    def _names(self) -> dict[str, list[tuple[str, str]]]:
        """Of each service the kinds, and the ends of the ARNs, of what is ours."""
        stacks = [("stack", f"stack/{stack.name}/*") for stack in self.target.stacks]
        found: dict[str, dict[tuple[str, str], None]] = {
            "cloudformation": dict.fromkeys([*stacks, ("changeset", "changeSet/operations-*")]),
            "ssm": {("parameter", f"parameter{parameter(self.target)}"): None},
        }
        for resource in self.target.system.resources.values():
            service, key, ends = _row(resource.body["Type"])
            for name in _names_of(resource, key):
                ours = {(kind, end.replace("{}", name)): None for kind, end in ends.items()}
                found.setdefault(service, {}).update(ours)
        return {service: list(ends) for service, ends in found.items()}

    def _all_tagged(self, action: str) -> bool:
        """Whether all that an action meets has its tags by then. A create handler may call it
        before it tags: AWS does not say in which order. Descriptions know no tags."""
        return not action.partition(":")[2].startswith("Describe") and not any(
            handler == "create" and self._schema(resource)["tagging"]["taggable"]
            for resource, handler in self._asked[action]
        )

    def _tags(self, action: str) -> Iterable[tuple[Test, ...]]:
        """Tests on the tags of the stacks that ask, or of all that are the environment's."""
        asking = {resource.stack for resource, _ in self._asked[action]}
        return dict.fromkeys(
            tuple(
                ("StringEquals", f"aws:ResourceTag/{key}", (stack.tags[key],))
                for key in ("project", "environment")
                if key in stack.tags
            )
            for stack in self.target.stacks
            if (stack.name in asking if asking else stack.tier != SHARED_TIER)
        )

    def _tests(self, action: str) -> tuple[Test, ...]:
        """What else must be so: to whom a role is passed, which policy, which record."""
        operator, key, values = "StringEquals", "", set[str]()
        roles = self._bodies("AWS::IAM::Role")
        if action == "iam:PassRole":
            key, trust = "iam:PassedToService", json.dumps([*roles])
            values = {*re.findall(r"[\w.-]+\.amazonaws\.com", trust)}
        elif action == "iam:CreateServiceLinkedRole":
            key, here = "iam:AWSServiceName", self.target.system.resources.values()
            kinds = {resource.body["Type"].rpartition("::")[0] for resource in here}
            linked = KNOWN["linked_roles"].items()
            values = {f"{name}.amazonaws.com" for kind, name in linked if kind in kinds}
        elif action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy"):
            operator, key = "ArnEquals", "iam:PolicyARN"
            arns = [arn for body in roles for arn in body.get("ManagedPolicyArns", [])]
            values = {arn if isinstance(arn, str) else arn["Fn::Sub"] for arn in arns}
        elif action == "route53:ChangeResourceRecordSets":
            # A certificate is validated by a record below its name.
            operator = "ForAllValues:StringLike"
            key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
            kinds = {"AWS::Route53::RecordSet", "AWS::CertificateManager::Certificate"}
            named = [
                body.get("Name") or body.get("DomainName") for body in self._bodies(*kinds)
            ]
            names = {str(name).lower().strip("*.") for name in named}
            values = {*names, *(f"*.{name}" for name in names)}
        return ((operator, key, tuple(sorted(values))),) if key else ()

    def _bodies(self, *kinds: str) -> Iterator[dict[str, Any]]:
        for resource in self.target.system.resources.values():
            if resource.body["Type"] in kinds:
                yield resource.body.get("Properties", {})

    def _by_reference(self) -> Iterator[tuple[str, str]]:
        """What dynamic references read that is no secret of ours: action and ARN."""
        for service, key in DYNAMIC.findall(json.dumps(self.target.system.template)):
            secret, name = service == "secretsmanager", key.partition(":")[0]
            action = "secretsmanager:GetSecretValue" if secret else "ssm:GetParameters"
            own = f"secret:{name}-??????" if secret else f"parameter/{name.lstrip('/')}"
            if key.startswith("arn:"):
                yield action, ":".join(key.split(":")[:7])
            elif not key.startswith("${"):  # there a secret of ours stands, by its Ref
                yield action, _head(action.partition(":")[0], _kinds(action)) + own


def calls(command: str) -> list[str]:
    """What one command calls itself: actions, each perhaps with @ and the end of an ARN."""
    words = KNOWN["commands"][command]
    return [call for word in words for call in KNOWN["groups"].get(word, [word])]


def _row(kind: str) -> tuple[str, str, dict[str, str]]:
    """Of a type the service, the property that names it, and the ends of its ARNs."""
    row = dict(KNOWN["named"].get(kind, {}))
    return row.pop("of", kind.split("::")[1].lower()), row.pop("name", ""), row


@cache
def _wide_ends() -> set[str]:
    rows = [ends.values() for _, _, ends in map(_row, KNOWN["named"])]
    return {end for ends in rows for end in ends if "{}" not in end and end.endswith("*")}


def _names_of(resource: Resource, key: str) -> list[str]:
    """The names that AWS may give a resource. A number in a name that its template gives
    counts generations: docs/decisions/0014-restore-and-generations.md."""
    kind, stack = resource.body["Type"], resource.stack
    given = resource.body.get("Properties", {}).get(key)
    if given is not None:
        return [re.sub(r"\d+", "*", given) if isinstance(given, str) else "*"]
    fits = len(stack) + len(resource.logical_id) <= ROOM
    names = [f"{stack}-*" if fits else f"{stack[:HALF]}*"]
    if kind in KNOWN["without_stack"]:
        names = [f"{resource.logical_id}-*", *names * (kind != SECRET)]
    return [name.lower() if kind in KNOWN["lower_case"] else name for name in names]


@cache
def _reference() -> dict[str, Any]:
    """Of each service its actions with their kinds of resource, and the ARNs of these."""
    from cfnlint.data import AdditionalSpecs  # noqa: PLC0415 (a second; --help needs none)

    file = Path(AdditionalSpecs.__file__).with_name("Policies.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _entry(action: str) -> dict[str, Any] | None:
    service, _, name = action.partition("@")[0].partition(":")
    found: dict[str, Any] = _reference().get(service, {}).get("Actions", {})
    return found.get(name.lower())


def _kinds(action: str) -> list[str]:
    """The kinds of resource on which an action can be allowed."""
    return [kind.lower() for kind in (_entry(action) or {}).get("Resources", [])]


def _head(service: str, kinds: list[str]) -> str:
    """An ARN up to its end, partition, region and account in CloudFormation's words."""
    known = _reference()[service]["Resources"]
    form: str = next(known[kind]["ARNFormats"][0] for kind in kinds if kind in known)
    head = ":".join(form.split(":")[:5]).replace("${", "${AWS::")
    return head.replace("::Account}", "::AccountId}") + ":"
