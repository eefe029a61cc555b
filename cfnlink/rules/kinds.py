"""References: each one leads to the kind of thing that its place takes."""

import re
from difflib import get_close_matches
from typing import Any

from cfnlink.aws.catalogue import facts, kinds, resource_type, types_with, values_of
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.addresses import false_hosts, wrong_ports
from cfnlink.system.connections import ports_of
from cfnlink.system.expressions import attribute, spelled
from cfnlink.system.identity import POLICIES, statements
from cfnlink.system.names import (
    names_nothing,
    other_namespace,
    resource_named,
    ssm_names,
    stated_names,
    types_of_place,
    written,
)
from cfnlink.system.resource import Path, Resource
from cfnlink.system.selections import lost_selections
from cfnlink.system.shapes import (
    Given,
    disagreements,
    form_of,
    is_joined,
    is_opaque,
    noun,
    parts,
    place,
    places,
    read_attributes,
)

RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
WATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements"
DOCS = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "aws-template-resource-type-ref.html"
)
SNS = "https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html"
SSM = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html"
DOMAIN = re.compile(r"([a-z0-9-]+\.)+[a-z]{2,}")
PER_VPC = ("GroupName",)
AGREEING = tuple({row["from"]: None for row in facts("shapes")["agreements"]})


@rule("E9010", (), DOCS)
def reference_has_the_type_of_its_property(resource: Resource) -> Faults:
    """A reference gives what its property takes.
    A property takes the ARN, the URL, the id or the name of one kind of resource.
    CloudFormation accepts a reference that gives another until AWS rejects the value."""
    for path, schema_path, value in places(resource):
        kind = row_kind(resource, schema_path)
        wrong = _other_kind(resource, value, kind) if kind else None
        if wrong := wrong if kind else _misfit(resource, schema_path, value):
            yield [*path], wrong


@rule("W9011", "AWS::CloudWatch::Alarm", f"{WATCH}cloudwatch_concepts.html", formerly="E9011")
def dimension_holds_the_name_of_its_resource(resource: Resource) -> Faults:
    """An alarm's dimension holds CloudWatch's name of the resource.
    CloudWatch knows a resource by one name only, in the namespace of its kind: an alarm with
    the ARN or the id instead, or with another namespace, never gets data."""
    known = facts("metrics")["dimension_kinds"]
    for name, (index, value) in resource.pairs("Dimensions", "Name").items():
        wrong = _other_kind(resource, value, known[name]) if name in known else None
        if wrong:
            yield ["Dimensions", index, "Value"], wrong
        target = resource.system.target(value)
        if own := other_namespace(target, resource.get("Namespace")):
            yield ["Namespace"], f"the metrics of {target} are in {own}; write that"


@rule("E9920", POLICIES, f"{IAM}_resource.html")
def policy_names_resources_by_their_arns(resource: Resource) -> Faults:
    """A policy names resources and roles by their ARNs.
    IAM refuses a name, an id or a URL as Resource. In a condition it matches no request, so
    that the caller gets AccessDenied."""
    for statement in statements(resource):
        for way in facts("shapes")["policy_arns"]:
            for path, value in statement.values_at(*way.split(".")):
                for before, given in parts(resource.system, value):
                    if given and not before and given.form != "ARN":
                        yield path, f"{given} is no ARN; {_arn_fix(given)}"


@rule("E9921", (), "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html")
def arn_holds_no_other_arn(resource: Resource) -> Faults:
    """An ARN is made of names and ids.
    An ARN or a URL inside an ARN names nothing: AWS refuses it, or a policy matches no
    request."""
    around = facts("shapes")["arn_inside"]
    for path, _, value in places(resource):
        for before, given in parts(resource.system, value):
            inside = before.startswith("arn:") and not any(part in before for part in around)
            if given and inside and given.form in ("ARN", "URL"):
                yield [*path], f"{given} is {_a(given.form)} inside an ARN; use it alone"


@rule("E9922", (), DOCS)
def one_id_is_no_list(resource: Resource) -> Faults:
    """A property that takes one id, name or ARN gets one.
    Several in one text with commas are no id: AWS finds no such resource."""
    for path, schema_path, value in places(resource):
        where = place(resource.type, schema_path)
        listed = resource.type in facts("shapes")["comma_lists"]
        one = row_kind(resource, schema_path) or (where and where.takes_one and not listed)
        if one and is_joined(value):
            yield [*path], f"{spelled(value)} is a list in one text; select one entry of it"


@rule("W9923", (), DOCS)
def address_has_a_host(resource: Resource) -> Faults:
    """What stands in the place of a host is the name of one.
    A program that connects to an ARN, a URL or the id of a database finds no host."""
    for path, given in false_hosts(resource):
        yield [*path], f"{given} is {_a(given.form)} and no host; use the address"


@rule("E9982", (), f"{RDS}USER_ConnectToPostgreSQLInstance.html")
def address_has_a_port_of_its_host(resource: Resource) -> Faults:
    """The port behind a host is one on which the host listens.
    Each connection to another port is refused, or times out."""
    for path, target, port in wrong_ports(resource):
        heard = " or ".join(f"{one:g}" for one in ports_of(target))
        yield [*path], f"{target.name} listens on {heard} and not on {port}; correct it"


@rule("E9924", tuple(facts("shapes")["given_beside"]), DOCS)
def read_attribute_exists(resource: Resource) -> Faults:
    """An attribute that exists only beside a property is read only with this property.
    Without it the stack that reads the attribute fails: the attribute does not exist."""
    read = read_attributes(resource.system)[resource.name]
    for how, name in facts("shapes")["given_beside"][resource.type].items():
        if how in read and (resource.is_missing(name) or resource.flag(name) is False):
            yield [], f"{resource.name} has no {how}, which is read; set {name}"


@rule("E9925", AGREEING, SNS)
def joined_resources_agree(resource: Resource) -> Faults:
    """Two resources that a reference joins fit each other.
    AWS refuses a FIFO queue or topic where the service sends to standard ones only."""
    return disagreements(resource, sure=True)


@rule("W9926", AGREEING, SNS)
def joined_resources_work_together(resource: Resource) -> Faults:
    """A dead-letter queue is of the kind that its service sends to.
    The configuration is accepted, and the events are lost."""
    return disagreements(resource, sure=False)


@rule("E9923", (), DOCS)
def place_of_an_arn_has_no_name(resource: Resource) -> Faults:
    """A place that takes an ARN gets no name.
    AWS refuses the name: it is no ARN."""
    for path, name in written(resource):
        kind = row_kind(resource, path)
        takes = kinds()[kind] if kind else {}
        named = any(_gives_name(type_, ways) for type_, ways in takes.items())
        where = place(resource.type, path) if DOMAIN.fullmatch(name) else None
        if where and (where.forms == ("ARN",) or noun(where.name) == "hostedzone"):
            yield [*path], f"{name} is a domain name; refer to the {where.name}"
        if found := None if named else resource_named(resource.system, name, *takes):
            yield [*path], f"it is the name of {found} and no ARN; refer to {found.name}"


@rule("W9930", (), DOCS)
def written_name_is_of_a_resource(resource: Resource) -> Faults:
    """A written name is that of a resource of the system.
    The system names resources of this type, and this name is none of them: what uses it
    fails, or waits for data that does not come."""
    for path, name in written(resource) if resource.system.linked else ():
        types = types_of_place(resource, path)
        if known := names_nothing(resource.system, name, *types) if types else []:
            yield [*path], f"nothing is named {name} but {', '.join(known)}; refer to one"


@rule("E9933", types_with("named_by"), DOCS)
def name_is_taken_once(resource: Resource) -> Faults:
    """Two stacks give one name to one thing only.
    The second stack fails: a resource with this name exists already."""
    name = resource_type(resource.type).named_by or ""
    twin = resource.duplicate_of(name) if name not in PER_VPC else None
    if twin and twin.stack != resource.stack and isinstance(resource.get(name), str):
        yield [name], f"{twin.name} of {twin.stack} has this name; choose another one"


@rule("W9934", "AWS::SSM::Parameter", SSM)
def parameter_is_read_by_its_name(parameter: Resource) -> Faults:
    """What reads a parameter of Systems Manager writes its name.
    The stack that reads another name fails: AWS finds no such parameter."""
    known = stated_names(parameter.system, parameter.type)
    for read in ssm_names(parameter.system) if parameter.system.linked else ():
        near = get_close_matches(read, known, 1, 0.85)
        if near == [parameter.get("Name")] and read not in known:
            yield ["Name"], f"a stack reads the parameter {read}; write {near[0]} there"


@rule(
    "E9935",
    (),
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "intrinsic-function-reference-select.html",
)
def selected_entry_exists(resource: Resource) -> Faults:
    """Select takes an entry that its list has.
    CloudFormation refuses an index after the last entry."""
    for path, index, length in lost_selections(resource):
        yield path, f"its list has {length} entries, and {index} is none from 0 on; lower it"


def _gives_name(type_: str, ways: tuple[str, ...]) -> bool:
    return "Ref" in ways and form_of(type_, "Ref") == "id or name"


def row_kind(resource: Resource, path: Path) -> str | None:
    """Return the kind that the catalogue says of a property."""
    known = values_of(resource.type).references
    key = ".".join("*" if isinstance(part, int) else part for part in path)
    return known.get(key) or known.get(f"{key}.*")


def _misfit(resource: Resource, path: Path, value: Any) -> str | None:
    """Return what is wrong with a value by the schemas; None if it is right or unknown."""
    where = place(resource.type, path)
    for before, given in parts(resource.system, value) if where else ():
        if where is None or given is None or before:
            continue
        if given.form not in where.forms:
            return f"{where.name} takes {_a(where.forms[0])}, and {given} is {_a(given.form)}"
        if attribute(value) and where.misfits(given):
            return f"{given} stands where {where.name} belongs; refer to that"
    return None


def _other_kind(resource: Resource, value: Any, kind: str) -> str | None:
    """Return what is wrong with a reference; None if it is right or cannot be judged."""
    target, how = resource.system.target(value), attribute(value)
    if target is None or how is None or is_opaque(target):
        return None  # a custom resource, a nested stack: its values can be anything
    takes = kinds()[kind]
    if how in takes.get(target.type, ()):
        return None
    right = " or ".join(
        f"{'Ref' if way == 'Ref' else f'GetAtt {way}'} of an {name}"
        for name, ways in takes.items()
        for way in ways[:1]
    )
    given = "Ref" if how == "Ref" else f"GetAtt {how}"
    return f"{given} of {target.name} ({target.type}) stands where {right} belongs"


def _arn_fix(given: Given) -> str:
    """Return how to get the ARN of a resource."""
    return f"use the ARN of {given.resource.name}, such as GetAtt {given.resource.name}.Arn"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiAEI" else f"a {noun}"
