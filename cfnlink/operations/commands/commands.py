"""Print the AWS CLI's commands of a first deployment, with the user's names, offline."""

import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from textwrap import fill
from types import SimpleNamespace

from cfnlink.operations.api_client import url_outputs
from cfnlink.operations.aws_cli import (
    TAG,
    aws,
    build_command,
    deploy_command,
    docker_login,
    hosted_zone,
    open_parameters,
    output,
    physical_id,
    repository_uri,
    variable,
)
from cfnlink.operations.database import has_application_users, mirror_command
from cfnlink.operations.delegation import certificate_zones, of_stack
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import Exit
from cfnlink.operations.image import repositories
from cfnlink.operations.order import Reversal, in_sequence, reversals
from cfnlink.operations.preflight.roles import service_roles
from cfnlink.operations.watching import MOST
from cfnlink.system.folder import read
from cfnlink.system.parts import Part
from cfnlink.system.release_alarms import release_alarms
from cfnlink.system.resource import Resource
from cfnlink.system.revision import at_revision

WAIT_SECONDS = 30
WIDTH = 96
ZONE = '"$zone"'
SERVERS_QUERY = "DelegationSet.NameServers"
ROLES = (
    "Service-linked roles. AWS refuses a role that the account has already: that is no fault."
)
STACKS = (
    "Stacks, in the order in which they need each other. A stack whose first create failed is "
    "in ROLLBACK_COMPLETE: delete it before its line runs again."
)
WATCHED = (
    "No alarm takes back an update of these lines: the AWS CLI has no option of deploy for "
    "rollback triggers, and AWS keeps those of the last update. It fails if an alarm of "
    "them is gone. Then let this tool deploy or release, which states the list again."
)
IMAGE = "The image, for the CPU of the tasks."
PSQL = "psql, with which the service gets a database user: a copy of a public image."
DATABASE_USER = (
    "Before clients come: the service is the owner of the database until this command gives it "
    "another user. No line of the AWS CLI replaces it; `status` says whether it has run."
)
SERVICE = "SERVICE"  # the shell variable that holds the folder of the user's Dockerfile
SERVERS = "The name servers of the new hosted zone: set them at the registrar of the domain."
DELEGATION = (
    "Wait until public DNS leads to the hosted zone. Before that, the certificate of the "
    "next stack waits for a record that is not public, and the deployment waits with it."
)
ALARMS = (
    "The alarms exist now: they take a bad deployment of the service back. Later lines of the "
    "service's stack keep them."
)
REQUEST = "The first request, with the key of the first client."


@dataclass(frozen=True)
class Section:
    """Commands that belong together, and a comment that describes them."""

    comment: str
    lines: tuple[str, ...]


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `commands`: print a shell script without asking AWS."""
    tag = shlex.quote(options.tag) if options.tag else f'"${TAG}"'
    turned = _reversals(environment, options.base) if options.base else []
    found = [part for part in parts(environment, tag, turned) if part.lines]
    text = [f"# {environment.folder.path}: from an empty account to the first request."]
    for number, part in enumerate(found, 1):
        comment = fill(f"# {number}. {part.comment}", WIDTH, subsequent_indent="#    ")
        text += ["", comment, *part.lines]
    environment.report.literal("\n".join(text), {"parts": [asdict(part) for part in found]})
    return Exit.DONE


def _reversals(environment: Environment, base: str) -> list[Reversal]:
    """Return the changes of the deployment order that a change since a revision needs."""
    folder = environment.folder.path.resolve()
    with at_revision(folder.parent, base) as before:
        if not (before / folder.name).is_dir():
            return []
        stacks = read(before / folder.name).stacks()
    return reversals(environment, {stack.name: stack.template for stack in stacks}.get)


def parts(environment: Environment, tag: str, turned: list[Reversal]) -> Iterator[Section]:
    """Return the parts in order. tag: shell text for the image's tag."""
    yield Section(
        "Variables of the shell that these lines use.", tuple(_guards(environment, tag))
    )
    yield Section(ROLES, tuple(_roles(environment)))
    stacks = in_sequence(environment, turned)
    steps = [step for stack in stacks for step in _steps(environment, stack, tag)]
    for comment, lines in groupby(steps, key=lambda step: step[0]):
        why = " ".join(_about_stacks(environment, turned)) if comment == STACKS else ""
        yield Section(f"{comment} {why}".strip(), tuple(line for _, line in lines))
    yield Section(ALARMS, tuple(_deployment_alarms(environment)))
    yield Section(REQUEST, tuple(_first_request(environment)))


def _about_stacks(environment: Environment, turned: list[Reversal]) -> Iterator[str]:
    """Yield what else is to know of the order of the stacks, and of their alarms."""
    yield from (f"{each.words()}." for each in turned)
    names = (stack.name for stack in environment.stacks)
    if any(release_alarms(environment.system, name) for name in names):
        yield WATCHED


def _guards(environment: Environment, tag: str) -> Iterator[str]:
    """Return a line for each required shell variable; the shell names a missing one."""
    names = {
        variable(stack, name): name == stack.image_tag
        for stack in environment.stacks
        for name in open_parameters(stack)
    }
    for name, is_tag in names.items():
        if not is_tag or "$" in tag:
            yield f': "${{{name}:?set it: {name}=VALUE}}"'
    if repositories(environment):
        yield f': "${{{SERVICE}:?set it: {SERVICE}=the folder with your Dockerfile}}"'


def _roles(environment: Environment) -> Iterator[str]:
    """Return the service-linked roles of the services that the templates use."""
    used = {each.type for each in environment.system.resources.values()}
    for resource_type, role in service_roles().items():
        if resource_type in used:
            words = ["iam", "create-service-linked-role", "--aws-service-name", role.service]
            yield f"{aws(environment, *words, '--query', 'Role.RoleName')} || true"


def _steps(environment: Environment, stack: Stack, tag: str) -> Iterator[tuple[str, str]]:
    """Return a stack with the parts before and after it: each line with the comment
    of its part."""
    for zone in dict.fromkeys(_zones(environment, stack)):
        for line in _delegation(environment, zone):
            yield DELEGATION, line
    values = {name: f'"${name}"' for name in open_parameters(stack)}
    if stack.image_tag in values:
        values[stack.image_tag] = tag
    yield STACKS, deploy_command(environment, stack, values)
    for made in environment.system.of("AWS::Route53::HostedZone"):
        if made.stack == stack.name:
            yield SERVERS, f"zone=$({_id(environment, made)})"
            yield SERVERS, hosted_zone(environment, ZONE, SERVERS_QUERY)
    for repository, cpu in repositories(environment):
        if repository.stack == stack.name:
            address = repository_uri(environment, stack.name, repository.logical_id)
            yield IMAGE, f"repository=$({address})"
            image = f'"$repository":{tag}'
            yield IMAGE, docker_login(environment, '"$repository"')
            yield IMAGE, build_command(image, cpu, f'"${SERVICE}"')
            yield IMAGE, f"docker push {image}"
            if has_application_users(environment):
                yield PSQL, mirror_command('"$repository"', cpu)
    if stack.image_tag and has_application_users(environment):
        yield DATABASE_USER, f"# {environment.command('rotate', json=False)}"


def _zones(environment: Environment, stack: Stack) -> Iterator[str]:
    """Return shell text for the id of each hosted zone that validates a stack's certificate."""
    for certificate in of_stack(environment, stack):
        for zone in certificate_zones(certificate):
            yield shlex.quote(zone) if isinstance(zone, str) else f"$({_id(environment, zone)})"


def _delegation(environment: Environment, zone: str) -> Iterator[str]:
    """Return lines that wait until public DNS answers with a name server of a zone."""
    yield f"zone={zone}"
    yield f"domain=$({hosted_zone(environment, ZONE, 'HostedZone.Name')})"
    yield f"server=$({hosted_zone(environment, ZONE, f'{SERVERS_QUERY}[0]')})"
    yield (
        'until dig +short NS "$domain" | grep --quiet --ignore-case --fixed-strings '
        f'"${{server%.}}"; do echo "waiting for $domain"; sleep {WAIT_SECONDS}; done'
    )


def _id(environment: Environment, resource: Resource) -> str:
    return physical_id(environment, resource.stack, resource.logical_id)


def _deployment_alarms(environment: Environment) -> Iterator[str]:
    """Return the lines that name the alarms of a service to its stack, which came before."""
    for stack in environment.stacks:
        alarms = release_alarms(environment.system, stack.name)[:MOST]
        if alarms and (parameter := stack.parts.get(Part.DEPLOYMENT_ALARMS)):
            names = (f"$({_id(environment, each.resource)})" for each in alarms)
            yield deploy_command(environment, stack, {parameter: f'"{",".join(names)}"'})


def _first_request(environment: Environment) -> Iterator[str]:
    """Return the API's address, as in `smoke`, and the key of its first client."""
    addresses = url_outputs(environment)
    smoke = environment.system.parts.get(Part.SMOKE_KEY)
    keys = [
        key for key in environment.system.of("AWS::ApiGateway::ApiKey") if key.name != smoke
    ]
    if not addresses or not keys:
        return
    yield f"url=$({output(environment, *addresses[-1])})"
    words = ["apigateway", "get-api-key", "--include-value", "--query", "value"]
    key_id = f'--api-key "$({_id(environment, keys[0])})"'
    yield f"key=$({aws(environment, *words, '--output', 'text', text=key_id)})"
    yield 'curl --header "x-api-key: $key" "$url/"'
