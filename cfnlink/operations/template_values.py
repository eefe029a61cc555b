"""The values of the templates that a policy's conditions repeat."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations import aws_reference as aws
from cfnlink.operations.change_set import PLAN
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.names import patterns
from cfnlink.operations.permission_rows import Values
from cfnlink.operations.preflight.roles import service_roles
from cfnlink.operations.preflight.secrets import STORES
from cfnlink.system.expressions import at, references
from cfnlink.system.resource import Body

ROLE, CLUSTER, ZONE = "AWS::IAM::Role", "AWS::ECS::Cluster", "AWS::Route53::HostedZone"
RECORD, CERTIFICATE = "AWS::Route53::RecordSet", "AWS::CertificateManager::Certificate"
SERVICE = re.compile(r"[\w.-]+\.amazonaws\.com")
DYNAMIC = re.compile(r"\{\{resolve:(secretsmanager|ssm|ssm-secure):(.+?)\}\}")
# ACM validates a name by a CNAME of 32 characters behind an underscore:
# https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
VALIDATION = "_" + "?" * 32
# A call names a change set or gives its ARN.
PLANNED = (f"{PLAN}*", aws.arn("cloudformation", "changeset", f"changeSet/{PLAN}*/*"))


@dataclass(frozen=True)
class TemplateValues:
    """The values in the templates of the stacks that one role deploys.

    A value that another stack exports is a placeholder, "${Boundary}"; `imports` has the
    name of its export.
    """

    environment: Environment
    stacks: tuple[Stack, ...]

    def of(self, values: Values) -> tuple[str, ...]:
        """Return the values of one kind of condition, sorted."""
        found: dict[Values, Iterable[str]] = {
            "boundaries": self.boundaries,
            "certificate names": self._certificates(),
            "clusters": self._clusters(),
            "linked services": self._linked(),
            "managed policies": self._managed_policies(),
            "plan change sets": PLANNED,
            "scalable dimensions": self._scalable_dimensions(),
            "trusted services": SERVICE.findall(json.dumps([*self._properties(ROLE)])),
            "true": ["true"],
        }
        return tuple(sorted({*found[values]}))

    @cached_property
    def imports(self) -> dict[str, str]:
        """Return the placeholders and the names of the exports behind them."""
        exports = dict.fromkeys(
            text.export
            for text in (*self._boundary_values(), *self._zone_values())
            if isinstance(text, Imported)
        )
        return {f"Import{number}": name for number, name in enumerate(exports, 1)}

    @cached_property
    def boundaries(self) -> tuple[str, ...]:
        """Return the permissions boundaries of the roles, or raise CommandError for a role
        without one."""
        return tuple(dict.fromkeys(self._text(value) for value in self._boundary_values()))

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """Return the ids of the hosted zones of the records; * if one is not known."""
        return tuple(dict.fromkeys(self._text(value) for value in self._zone_values()))

    @cached_property
    def boundary_ids(self) -> frozenset[str]:
        """Return the ids in the linked system of the policies that are a role's boundary."""
        bodies = self.environment.system.template["Resources"].values()
        given = [at(body, "Properties", "PermissionsBoundary") for body in bodies]
        return frozenset(name for name, _ in references(given))

    def records(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return the records that the stacks create, as patterns of names, and their types."""
        aliases = [*self._properties(RECORD)]
        if aliases:
            names = {_normal(each.get("Name")) for each in aliases}
            yield tuple(sorted(names)), tuple(sorted({str(each["Type"]) for each in aliases}))
        domains = {_normal(name).removeprefix("*.") for name in self._certificates()}
        if domains:
            yield tuple(f"{VALIDATION}.{domain}" for domain in sorted(domains)), ("CNAME",)

    def outside(self) -> Iterator[tuple[str, str]]:
        """Return what dynamic references and containers read outside the templates.

        Each is an action and an ARN, or the end of one.
        """
        text = json.dumps([stack.template for stack in self.stacks])
        for service, key in DYNAMIC.findall(text):
            name = key.partition(":")[0]
            if key.startswith("arn:"):
                yield "secretsmanager:GetSecretValue", ":".join(key.split(":")[:7])
            elif service == "secretsmanager" and not key.startswith("${"):
                yield "secretsmanager:GetSecretValue", f"secret:{name}-??????"
            elif service != "secretsmanager":
                yield "ssm:GetParameters", f"parameter/{name.lstrip('/')}"
        for store in STORES:
            for arn in store.arn.findall(text):
                yield store.asks, arn

    def _properties(self, *types: str) -> Iterator[Body]:
        for stack in self.stacks:
            yield from stack.of_type(*types).values()

    def _text(self, value: "str | Imported") -> str:
        if isinstance(value, str):
            return value
        names = {export: name for name, export in self.imports.items()}
        return f"${{{names[value.export]}}}"

    def _boundary_values(self) -> Iterator["str | Imported"]:
        own = {
            at(output, "Export", "Name")
            for stack in self.stacks
            if not stack.is_shared
            for output in stack.template.get("Outputs", {}).values()
        }
        for stack in self.stacks:
            for name, body in stack.of_type(ROLE).items():
                value = _value(stack, body.get("PermissionsBoundary"))
                if value is None or (isinstance(value, Imported) and value.export in own):
                    raise self._unbounded(stack, name)
                yield value

    def _unbounded(self, stack: Stack, role: str) -> CommandError:
        message = (
            f"{stack.name}: the role {role} has no PermissionsBoundary that another stack "
            "holds, so a deploy role could give it every right; expected an import of the "
            "boundary that the shared stack exports"
        )
        return CommandError(Exit.UNUSABLE, message, self.environment.build())

    def _zone_values(self) -> Iterator["str | Imported"]:
        for stack in self.stacks:
            for body in stack.of_type(RECORD, CERTIFICATE).values():
                options = body.get("DomainValidationOptions") or []
                for given in (body, *options):
                    if "HostedZoneId" in given:
                        yield _value(stack, given["HostedZoneId"]) or "*"
            for name in stack.of_type(ZONE):
                yield _value(stack, {"Ref": name}) or "*"

    def _certificates(self) -> list[str]:
        return [
            str(name)
            for body in self._properties(CERTIFICATE)
            for name in (body.get("DomainName"), *body.get("SubjectAlternativeNames", []))
        ]

    def _clusters(self) -> Iterator[str]:
        row = resource_type(CLUSTER)
        for stack in self.environment.stacks:
            for name, body in stack.of_type(CLUSTER).items():
                for pattern in patterns(row, stack.name, name, body.get(row.named_by)):
                    yield (
                        "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:"
                        f"cluster/{pattern}"
                    )

    def _linked(self) -> Iterator[str]:
        """The services whose role AWS makes with the first resource of the service."""
        services = {_service(kind): role.service for kind, role in service_roles().items()}
        for stack in self.stacks:
            for body in stack.template["Resources"].values():
                if _service(body.get("Type")) in services:
                    yield services[_service(body["Type"])]

    def _managed_policies(self) -> Iterator[str]:
        for body in self._properties(ROLE):
            for arn in body.get("ManagedPolicyArns", []):
                yield arn if isinstance(arn, str) else str(at(arn, "Fn::Sub"))

    def _scalable_dimensions(self) -> Iterator[str]:
        for body in self._properties("AWS::ApplicationAutoScaling::ScalableTarget"):
            yield str(body.get("ScalableDimension"))


@dataclass(frozen=True)
class Imported:
    """A value that another stack exports under this name."""

    export: str


def _value(stack: Stack, given: object) -> str | Imported | None:
    """Return a literal or an import; for a resource of the stack, its export."""
    if isinstance(given, str):
        return given
    export = at(given, "Fn::ImportValue")
    for output in stack.template.get("Outputs", {}).values():
        if given is not None and output.get("Value") == given:
            export = export or at(output, "Export", "Name")
    return Imported(export) if isinstance(export, str) else None


def _service(kind: object) -> str:
    """Return the service in a type's name: AWS::ECS."""
    return str(kind).rpartition("::")[0]


def _normal(name: object) -> str:
    """Return a record's name as Route 53 compares it."""
    return str(name).lower().rstrip(".")
