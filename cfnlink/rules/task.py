"""Tasks on Fargate: their containers, names, health checks, logs and images."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import between, matches, one_of, sibling_condition
from cfnlink.lint.rule import Faults, Row, property_rule, rule
from cfnlink.system.compute import SERVICE, TASK, containers, environment, is_for_fargate
from cfnlink.system.expressions import (
    VARIABLE,
    at,
    attribute,
    entries,
    is_expression,
    number,
    references,
    text,
)
from cfnlink.system.identity import statements
from cfnlink.system.names import is_taken
from cfnlink.system.resource import Resource
from cfnlink.system.task_runs import RUNNERS, runs_of

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
CONTAINERS = "ContainerDefinitions.*"
COMMAND = f"{CONTAINERS}.HealthCheck.Command"
PLACES = {
    "TaskDefinition": "",
    "EphemeralStorage": "EphemeralStorage.",
    "Volume": "Volumes.*.",
    "ContainerDefinition": f"{CONTAINERS}.",
    "HealthCheck": f"{CONTAINERS}.HealthCheck.",
    "RestartPolicy": f"{CONTAINERS}.RestartPolicy.",
    "LinuxParameters": f"{CONTAINERS}.LinuxParameters.",
}


def names(node: Any, key: str) -> list[str] | None:
    """Return the names in a list of entries, or None if one of them is unknown."""
    listed = [] if node is None else node
    found = [entry.get(key) for _, entry in entries(listed)]
    known = isinstance(listed, list) and len(found) == len(listed)
    return list(map(str, found)) if known and not any(map(is_expression, found)) else None


def is_command(value: Any) -> bool:
    """Whether a health check is NONE, CMD and words, or CMD-SHELL and a line."""
    first, second = at(value, 0), at(value, 1)
    if first == "CMD":
        return second is not None and " " not in str(text(second))
    return first == "NONE" or (first == "CMD-SHELL" and second is not None)


def is_pinned(container: Any) -> bool:
    """Whether a container's image has a tag other than latest, or cannot be known."""
    image = text(container.get("Image")) or f"${{{attribute(container.get('Image'))}}}"
    last = VARIABLE.sub("x", image).rpartition("/")[2]
    known = not image.endswith("}") or image.endswith("RepositoryUri}")
    return not last.endswith(":latest") and (not known or ":" in last or "@" in last)


def needs_no_role(task: Any) -> bool:
    """Whether a task has its execution role, or starts without one."""
    return "ExecutionRoleArn" in task or not any(
        at(container, "LogConfiguration", "LogDriver") == "awslogs"
        or re.search(r"\.dkr\.ecr\.|RepositoryUri", str(container.get("Image")))
        for _, container in entries(task, "ContainerDefinitions")
    )


def is_built(platform: Any) -> bool:
    """Whether a platform is not Windows on ARM64."""
    windows = str(at(platform, "OperatingSystemFamily")).startswith("WINDOWS")
    return at(platform, "CpuArchitecture") != "ARM64" or not windows


# what only a host of the user could do
REFUSED = [
    f"{PLACES[kind]}{key}"
    for kind in ("TaskDefinition", "Volume", "ContainerDefinition", "LinuxParameters")
    for key in facts("containers")["refused"][kind]
    if key != "PlacementConstraints"
]
RANGES = {
    f"{PLACES[kind]}{key}": fact["range"]
    for name, fact in facts("containers")["ranges"].items()
    for kind, _, key in [name.partition(".")]
    if kind in PLACES
}


# fmt: off
on_fargate = partial(
    property_rule, on=TASK, docs=f"{ECS}fargate-tasks-services.html", formerly="E9404"
)
with_care = partial(
    property_rule, on=TASK, docs=f"{API}LogConfiguration.html", formerly="W9404"
)

task_needs_no_host = on_fargate(
    "E9470", path=tuple(REFUSED), allowed=one_of(False, 0, "", [], {}), only_if=is_for_fargate,
    good="A task on Fargate uses nothing of a host.",
    why="Fargate rejects privileged containers, links, host devices, swap and Docker volumes.",
    fix="Fargate refuses it; leave it out",
)


@rule("W9476", TASK, f"{API}LogConfiguration.html", formerly="W9404")
def log_group_of_a_container_is_a_resource(task: Resource) -> Faults:
    """The log group of a container is a resource of the template.
    The driver does not create a group that is only named."""
    for index, container in containers(task):
        where = ["LogConfiguration", "Options", "awslogs-group"]
        path, group = ["ContainerDefinitions", index, *where], text(at(container, *where))
        if group is None or is_expression(task.written(*path)):
            continue
        if not is_taken(task.system, group, "AWS::Logs::LogGroup"):
            yield path, f"no resource creates {group}; add one and Ref it"


@rule("E9471", TASK, f"{ECS}fargate-tasks-services.html", formerly="E9404")
def task_values_are_in_range(task: Resource) -> Faults:
    """Times, counts and sizes of a task are within the limits of ECS.
    ECS rejects a time, a number of retries or a storage outside its range."""
    for path, (least, most) in RANGES.items() if is_for_fargate(task) else ():
        yield Row(path, between(least, most), f"set it within {least} and {most}")


task_has_an_execution_role = on_fargate(
    "E9476", path="ExecutionRoleArn", allowed=sibling_condition(needs_no_role),
    only_if=is_for_fargate,
    good="A task that pulls from ECR or logs to CloudWatch has an execution role.",
    fix="the image or the logs need it; name a role",
)
health_check_is_a_command = on_fargate(
    "E9479", path=COMMAND, allowed=is_command,
    good="A health check is NONE, CMD and words, or CMD-SHELL and a line.",
    fix="write CMD-SHELL and a line, or CMD and one item a word",
)
windows_runs_on_x86 = on_fargate(
    "E9480", path="RuntimePlatform", allowed=is_built,
    good="A task with Windows runs on X86_64.",
    fix="Windows runs on X86_64 only; change one of the two",
)

image_has_a_tag = with_care(
    "W9477", path=f"{CONTAINERS}.Image", allowed=sibling_condition(is_pinned),
    good="An image has a tag, and the tag is not latest.",
    why="The tag latest is another image tomorrow.",
    fix="this is the latest push; name a tag",
)
# fmt: on


@rule("E9401", TASK, f"{API}ContainerDefinition.html")
def containers_fit_into_the_task(task: Resource) -> Faults:
    """Containers ask for no more CPU and memory than their task has.
    The containers share the CPU and memory of the task: their CPU units and their reserved
    memory must not exceed the task's, nor a reservation its own limit."""
    for limit, keys in (("Cpu", ("Cpu",)), ("Memory", ("MemoryReservation", "Memory"))):
        whole, used = task.number(limit), 0.0
        for index, container in containers(task):
            path: list[Any] = ["ContainerDefinitions", index]
            asked = [found for key in keys if (found := number(container.get(key))) is not None]
            used += asked[0] if asked else 0
            if len(asked) > 1 and asked[0] > asked[1]:
                yield [*path, keys[0]], f"the container has {asked[1]:g}; reserve less"
            elif whole and max(used, *asked, 0) > whole:
                yield path, f"the containers need more {limit} than {whole:g}; raise it"
                break


def repeated_keys(task: Resource, lists: Iterable[tuple[str, str, str]]) -> Faults:
    """Yield the entries of lists, or of two lists, whose key an earlier entry has."""
    for way, parts, key in lists:
        for path, node in task.values_at(way) if way else [([], task.properties)]:
            seen = set()
            for part in parts.split():
                for index, entry in entries(node, part):
                    name = f"{entry.get(key)} {entry.get('Protocol', 'tcp')}"
                    if name in seen and key in entry and parts.endswith(part):
                        yield [*path, part, index], f"{entry[key]} is there twice; keep one"
                    seen.add(name)


@rule("E9402", TASK, f"{API}ContainerDefinition.html")
def task_names_are_unique(task: Resource) -> Faults:
    """Containers, ports, secrets, mounts and volumes are named once.
    ECS rejects two containers of one name, a port that is mapped twice, and a secret with
    the name of another secret or variable."""
    return repeated_keys(task, (
        ("", "ContainerDefinitions", "Name"),
        ("", "Volumes", "Name"),
        (CONTAINERS, "PortMappings", "ContainerPort"),
        (CONTAINERS, "MountPoints", "ContainerPath"),
        (CONTAINERS, "Environment Secrets", "Name"),
    ))  # fmt: skip


@rule("E9405", TASK, f"{ECS}fargate-security-considerations.html")
def task_ports_are_taken_once(task: Resource) -> Faults:
    """No two containers of a task in awsvpc mode map the same port.
    The containers of a task share its network interface and its ports: only the first
    container can listen on a port; the other container stops."""
    taken: dict[str, int] = {}
    for index, container in containers(task) if task.get("NetworkMode") == "awsvpc" else ():
        for n, entry in entries(container, "PortMappings"):
            port = f"{entry.get('ContainerPort')} {entry.get('Protocol', 'tcp')}"
            if "ContainerPort" in entry and taken.setdefault(port, index) != index:
                path = ["ContainerDefinitions", index, "PortMappings", n]
                yield path, f"another container has port {port}; take another"


# not verified: no page of AWS says what happens to two variables of one name
@rule("W9402", TASK, f"{API}ContainerDefinition.html")
def variable_names_are_unique(task: Resource) -> Faults:
    """Environment variables are named once.
    ECS drops one of two environment variables with one name, without an error."""
    return repeated_keys(task, [(CONTAINERS, "Environment", "Name")])


# list of a container -> the key of a name in it, and the list of the task that has the name
NAMED = {
    "MountPoints": ("SourceVolume", "Volumes"),
    "VolumesFrom": ("SourceContainer", "ContainerDefinitions"),
    "DependsOn": ("ContainerName", "ContainerDefinitions"),
}


@rule("E9481", TASK, f"{API}ContainerDependency.html", formerly="E9403")
def named_volume_or_container_exists(resource: Resource) -> Faults:
    """Volumes and containers that a task definition names exist in it.
    A mount point names a volume of the task, a dependency another container."""
    for here, container, key, entry in _named(resource):
        field, where = NAMED[key]
        name, there = entry.get(field), names(resource.expression(where), "Name")
        known = there is not None and isinstance(name, str)
        if known and (name not in (there or ()) or name == container.get("Name")):
            yield here, f"the task has no other {name} in {where}"


@rule("E9482", TASK, f"{API}ContainerDependency.html", formerly="E9403")
def dependency_comes_true(resource: Resource) -> Faults:
    """A dependency waits for a state that its container reaches.
    A dependency on HEALTHY needs a health check in that container; a dependency on an end
    needs a container that is not essential."""
    by_name = {str(container.get("Name")): container for _, container in containers(resource)}
    known = names(resource.expression("ContainerDefinitions"), "Name") or []
    for here, container, key, entry in _named(resource):
        name = entry.get("ContainerName")
        other = name in known and name != container.get("Name")
        if key == "DependsOn" and other and not _comes(entry, by_name.get(str(name), {})):
            yield [*here, "Condition"], f"{name} never reaches this; change it"


@rule("E9483", TASK, f"{API}ContainerDependency.html", formerly="E9403")
def firelens_has_a_router(resource: Resource) -> Faults:
    """A task whose containers log with awsfirelens has a log router.
    The driver awsfirelens needs a container with a FirelensConfiguration."""
    listed = containers(resource)
    routed = any("FirelensConfiguration" in container for _, container in listed)
    known = names(resource.expression("ContainerDefinitions"), "Name")
    for index, container in listed if known and not routed else ():
        if at(container, "LogConfiguration", "LogDriver") == "awsfirelens":
            path = ["ContainerDefinitions", index, "LogConfiguration", "LogDriver"]
            yield path, "no container routes; add one"


def _named(
    task: Resource,
) -> Iterator[tuple[list[Any], dict[str, Any], str, dict[str, Any]]]:
    """Yield what containers name: its path, the container, the list and the entry."""
    for index, container in containers(task):
        for key in NAMED:
            for n, entry in entries(container, key):
                yield ["ContainerDefinitions", index, key, n], container, key, entry


def _comes(dependency: dict[str, Any], container: dict[str, Any]) -> bool:
    ends = not one_of("true")(container.get("Essential", True))
    needs = {"HEALTHY": container.get("HealthCheck"), "COMPLETE": ends, "SUCCESS": ends}
    return bool(needs.get(str(dependency.get("Condition")), True))


WORDS = {"ARM64": r"arm64|aarch64", "X86_64": r"amd64|x86[_-]64"}


def may_be_digest(digest: str, task: Resource) -> bool:
    """Whether a text is a digest, or a parameter or another expression that may be one."""
    parameters = task.system.template.get("Parameters")
    allowed = at(parameters, digest.strip("${}"), "AllowedPattern")
    if allowed is None:
        return "${" in digest or matches(r"sha256:[0-9a-fA-F]{64}")(digest)
    try:
        return matches(str(allowed))("sha256:" + 64 * "0")
    except re.error:  # CloudFormation reads patterns as Java does
        return True


def images(task: Resource) -> Iterator[tuple[list[Any], Any, str, str]]:
    """Yield the image of each container: its path, its expression, its text, and the resource
    to which it refers.
    """
    for index, container in containers(task):
        raw = container.get("Image")
        name = next((name for name, _ in references(raw)), "")
        lone = f"${{{name}.{attribute(raw)}}}" if attribute(raw) else ""
        image = text(raw) or lone
        yield ["ContainerDefinitions", index, "Image"], raw, image, name


@rule("E9484", TASK, f"{API}RuntimePlatform.html", formerly="E9416")
def image_is_built_for_the_processor(task: Resource) -> Faults:
    """The image is built for the processor of the task.
    An image for another processor than the task's (X86_64 if RuntimePlatform says nothing)
    does not start."""
    where = ["RuntimePlatform", "CpuArchitecture"]
    wanted = "X86_64" if task.is_missing(*where) else task.get(*where)
    for path, _, image, _ in images(task) if is_for_fargate(task) else ():
        built = [one for one, word in WORDS.items() if re.search(word, image)]
        if len(built) == 1 and wanted not in (None, built[0]):
            yield path, f"the image is for {built[0]} and the task is {wanted}; change one"


@rule("E9485", TASK, f"{API}ContainerDefinition.html", formerly="E9416")
def image_digest_is_a_digest(task: Resource) -> Faults:
    """A digest stands after the @ of an image.
    A tag stands after a colon."""
    for path, _, image, _ in images(task):
        if "@" in image and not may_be_digest(image.rpartition("@")[2], task):
            yield path, "after @ stands a digest, sha256:...; put a : before a tag"


@rule("E9486", TASK, f"{API}ContainerDefinition.html", formerly="E9416")
def image_is_named_by_uri(task: Resource) -> Faults:
    """The image is named by its repository's URI and a tag.
    An image is a repository's URI, a colon and a tag. Ref of a repository gives only its
    name."""
    for path, _, image, name in images(task):
        other = task.system.resources.get(name)
        if other is None or other.type != "AWS::ECR::Repository":
            continue
        if re.match(rf"\$\{{{name}(\.(?!RepositoryUri)\w+)?\}}", image):
            yield path, f"not an image's address; use GetAtt RepositoryUri of {name}"
        elif re.match(r"\$\{[^}]*\}[^:@/]", image):
            yield path, "the tag needs a : before it; add it"


@rule("W9480", TASK, f"{API}ContainerDefinition.html", formerly="W9416")
def image_tag_comes_after_a_colon(task: Resource) -> Faults:
    """A colon separates the repository's URI and the tag.
    A slash there names another repository, with the tag latest."""
    for path, raw, _, _ in images(task):
        joined = re.fullmatch(r"\$\{[^}]*\}/(\$\{[^}]*\}|[^:@$])+", text(raw) or "")
        if joined and "RepositoryUri" in str(raw):
            yield path, "the tag comes after a slash; put a : there"


@rule("W9481", TASK, f"{API}ContainerDefinition.html", formerly="W9416")
def image_tag_has_no_default_latest(task: Resource) -> Faults:
    """The parameter of the image's tag is not latest by default.
    The tag latest is another image tomorrow."""
    parameters = task.system.template.get("Parameters")
    for path, _, _, _ in images(task):
        for name in dict.fromkeys(name for name, _ in references(task.written(*path))):
            if at(parameters, name, "Default") == "latest":
                yield path, f"{name} is latest by default; take the Default out"


@rule("W9482", TASK, f"{API}ContainerDefinition.html", formerly="W9416")
def image_is_of_the_pulled_repository(task: Resource) -> Faults:
    """The image is from the repository that the execution role may pull from.
    A role that may pull from the template's repository cannot pull an image of another one."""
    mine = pulled(task)
    for path, raw, _, _ in images(task) if mine else ():
        found = re.match(r"\d{12}\.dkr\.ecr\.[\w-]+\.[\w.]+/([^:@]+)", text(raw) or "")
        if found and not any(may_be(repository, found[1]) for repository in mine):
            yield path, f"the role pulls from {mine[0].name} only; use its RepositoryUri"


def pulled(task: Resource) -> list[Resource]:
    """Return the repositories from which a task may pull; none if there may be others."""
    role = task.target("ExecutionRoleArn")
    if (
        role is None
        or not role.is_missing("ManagedPolicyArns")
        or role.users("AWS::IAM::Policy")
    ):
        return []
    found = [
        task.system.target(place)
        for statement in statements(role)
        if "ecr:BatchGetImage" in str(statement.body.get("Action"))
        for _, place in statement.values_at("Resource")
    ]
    known = [one for one in found if one is not None and one.type == "AWS::ECR::Repository"]
    return known if len(known) == len(found) else []


def may_be(repository: Resource, name: str) -> bool:
    """Whether a repository may have a name: its own, or one from CloudFormation."""
    own = repository.expression("RepositoryName")
    return own == name or is_expression(own) or (not own and repository.name.lower() in name)


def asked_port(command: Any) -> float | None:
    """Return the port of its own host that a health check asks."""
    own = r"(?:localhost|127\.0\.0\.1)"
    found = re.search(rf"\b{own}[: ](\d+)|http://{own}(?=[/\s'\"])", str(command))
    return float(found[1] or 80) if found else None


@rule("W9483", TASK, f"{API}PortMapping.html", formerly="W9420")
def variable_port_is_mapped(task: Resource) -> Faults:
    """The variable PORT names a mapped port.
    A container never becomes healthy if PORT tells it to listen on another port than the
    mapped one."""
    for index, container in containers(task):
        ports = names(container.get("PortMappings"), "ContainerPort")
        for n, entry in entries(container, "Environment"):
            port = number(entry.get("Value")) if entry.get("Name") == "PORT" else None
            if port is not None and ports and f"{port:g}" not in ports:
                path = ["ContainerDefinitions", index, "Environment", n, "Value"]
                yield path, f"PORT is {port:g} but {', '.join(ports)} is mapped; use one port"


@rule("W9484", TASK, f"{API}PortMapping.html", formerly="W9420")
def health_check_asks_a_mapped_port(task: Resource) -> Faults:
    """A health check asks a port on which a container of the task listens.
    A container never becomes healthy if its health check asks another port."""
    listed = [container for _, container in containers(task)]
    mapped = [names(container.get("PortMappings"), "ContainerPort") for container in listed]
    heard = {number(port) for ports in mapped for port in ports or ["?"]}
    named = [one for one in environment(task) if one.name.endswith("PORT")]
    heard |= {number(variable.value) for variable in named}
    for index, container in containers(task):
        asked = asked_port(at(container, "HealthCheck", "Command"))
        if asked is not None and heard and not {asked, None} & heard:
            path = ["ContainerDefinitions", index, "HealthCheck", "Command"]
            yield path, f"no container listens at {asked:g}; ask a mapped port"


def has_exec(task: Resource) -> bool:
    """Whether a service allows ECS Exec into the containers of a task."""
    return any(user.flag("EnableExecuteCommand") for user in task.used_by(SERVICE))


@rule("W9485", TASK, f"{ECS}ecs-exec.html", formerly="W9421")
def exec_has_a_writable_root(task: Resource) -> Faults:
    """A container with ECS Exec has a writable root file system.
    AWS does not support ECS Exec with a read-only root, since its agent writes."""
    for index, container in containers(task) if has_exec(task) else ():
        if one_of("true")(container.get("ReadonlyRootFilesystem")):
            path = ["ContainerDefinitions", index, "ReadonlyRootFilesystem"]
            yield path, "ECS Exec writes there; set it to false"


@rule("W9486", TASK, f"{ECS}ecs-exec.html", formerly="W9421")
def root_file_system_is_decided(task: Resource) -> Faults:
    """A container of a service states whether its root file system is read-only.
    Without the property the root file system is writable, and an intruder can change the
    content of the image."""
    decided = has_exec(task) or not task.used_by(SERVICE)
    for index, container in containers(task) if not decided else ():
        if container.get("ReadonlyRootFilesystem") is None:
            path = ["ContainerDefinitions", index]
            yield path, "its root file system is writable; set ReadonlyRootFilesystem"


@rule("E9960", RUNNERS, f"{API}RunTask.html")
def run_of_a_task_has_its_network(resource: Resource) -> Faults:
    """A run of a task in awsvpc mode has a network configuration, and no other run has one.
    ECS rejects the other two: an event rule, a schedule or a pipe fails at each run, with the
    metric FailedInvocations as the only trace; a service fails in the deployment."""
    for run in runs_of(resource) if resource.type != SERVICE else ():  # cfn-lint: E3052
        task, missing = run.task, run.body.is_missing("NetworkConfiguration")
        mode = task and (
            "bridge" if task.is_missing("NetworkMode") else task.get("NetworkMode")
        )
        if task and mode == "awsvpc" and missing:
            yield [*run.path], f"{task.name} is in awsvpc mode; add a NetworkConfiguration"
        elif task and mode not in ("awsvpc", None) and not missing:
            where = run.place("NetworkConfiguration")
            yield [*where], f"{task.name} is in {mode} mode, which takes none; leave it out"


@rule("E9961", RUNNERS, f"{API}RunTask.html")
def run_on_fargate_has_a_task_for_fargate(resource: Resource) -> Faults:
    """A run on Fargate names a task definition for Fargate.
    ECS checks RequiresCompatibilities, and rejects the run: "Task definition does not support
    launch_type FARGATE"."""
    for run in runs_of(resource) if resource.type != SERVICE else ():  # cfn-lint: E3054
        task = run.task
        known = task is not None and isinstance(task.get("RequiresCompatibilities"), list)
        if (
            task
            and run.body.get("LaunchType") == "FARGATE"
            and known
            and not is_for_fargate(task)
        ):
            yield (
                [*run.place("LaunchType")],
                f"{task.name} is not for Fargate; let it require FARGATE",
            )
