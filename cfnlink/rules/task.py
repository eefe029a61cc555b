"""Tasks on Fargate: their containers, names, health checks, logs and images."""

import re
from collections.abc import Iterable
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import (
    between,
    excluded_by,
    holding,
    is_present,
    matches,
    must_not_be_literal,
    needed_by,
    none_of,
    one_of,
    sibling_condition,
)
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.compute import containers
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
from cfnlink.system.template import Resource

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
TASK, SERVICE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"
CONTAINERS = "ContainerDefinitions.*"
LOGS, COMMAND = f"{CONTAINERS}.LogConfiguration", f"{CONTAINERS}.HealthCheck.Command"
OPTIONS = f"{LOGS}.Options"
MODE, BUFFER = f"{OPTIONS}.mode", f"{OPTIONS}.max-buffer-size"
STREAM = f"{OPTIONS}.awslogs-stream-prefix"
TOOLS = r"(?!.*\b(curl|wget)\b).*"
CREATED = f"{OPTIONS}.awslogs-create-group"
NEEDS = f"{CONTAINERS}.ResourceRequirements.*"
ADDED = f"{CONTAINERS}.LinuxParameters.Capabilities.Add.*"
PLACES = {
    "TaskDefinition": "",
    "EphemeralStorage": "EphemeralStorage.",
    "Volume": "Volumes.*.",
    "ContainerDefinition": f"{CONTAINERS}.",
    "HealthCheck": f"{CONTAINERS}.HealthCheck.",
    "RestartPolicy": f"{CONTAINERS}.RestartPolicy.",
    "LinuxParameters": f"{CONTAINERS}.LinuxParameters.",
}


def fargate(task: Resource) -> bool:
    """Whether a task definition is known to be for Fargate."""
    return "FARGATE" in str(task.get("RequiresCompatibilities"))


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


@rule("E9404", TASK, f"{ECS}fargate-tasks-services.html")
def fargate_takes_the_task(task: Resource) -> Faults:
    """A task uses what Fargate supports, within its limits.
    Fargate has no host to share: it rejects privileged containers, links, host devices,
    swap, GPUs and Docker volumes. Log options go in pairs, and a health check is a command.
    A task needs an execution role to pull its image and to log."""
    if fargate(task):
        for path in REFUSED:
            yield Row(path, one_of(False, 0, "", [], {}), "Fargate refuses it; leave it out")
        for path, (least, most) in RANGES.items():
            yield Row(path, between(least, most), f"set it within {least} and {most}")
        yield Row(ADDED, one_of("SYS_PTRACE"), "Fargate adds SYS_PTRACE only; leave it out")
        yield Row(NEEDS, holding("Type", none_of("GPU")), "Fargate has no GPU; leave it out")
        yield Row("PidMode", one_of("task"), "Fargate shares within the task only")
        yield Row(STREAM, needed_by("awslogs-group"), "Fargate needs it; set it")
        yield Row(
            "ExecutionRoleArn",
            sibling_condition(needs_no_role),
            "the image or the logs need it",
        )
    yield Row(MODE, one_of("blocking", "non-blocking"), "no log driver has this mode")
    yield Row(BUFFER, excluded_by("mode", "blocking"), "it has no buffer; leave it out")
    yield Row(COMMAND, is_command, "write CMD-SHELL and a line, or CMD and one item a word")
    yield Row("RuntimePlatform", is_built, "Windows runs on X86_64 only; change one of the two")


@rule("W9404", TASK, f"{API}LogConfiguration.html")
def task_is_set_up_with_care(task: Resource) -> Faults:
    """A task states its log mode and groups, its image tag and its health check.
    The default log mode has been non-blocking since June 2025: a full buffer loses lines. A
    log group that the driver creates never expires, and the driver does not create a group
    that is only named. A health check runs inside the image, and a distroless image has no
    curl. The tag latest is another image tomorrow."""
    yield Row(COMMAND, matches(TOOLS), "an image may lack the tool; let the target group check")
    yield Row(f"{LOGS}!", is_present, "what a container prints is lost; log it", fargate(task))
    yield Row(MODE, needed_by("awslogs-group"), "the default has changed; set it on purpose")
    yield Row(BUFFER, needed_by("mode", "non-blocking"), "lines beyond 10m are dropped; set it")
    yield Row(f"{OPTIONS}.awslogs-region", must_not_be_literal, "use Ref AWS::Region")
    yield Row(CREATED, none_of(True), "its group never expires; make one in the template")
    yield Row(
        f"{OPTIONS}.awslogs-group",
        must_not_be_literal,
        "no resource creates it; add one and Ref it",
    )
    yield Row(
        f"{CONTAINERS}.Image",
        sibling_condition(is_pinned),
        "this is the latest push; name a tag",
    )


@rule("E9401", TASK, f"{API}ContainerDefinition.html")
def containers_fit_the_task(task: Resource) -> Faults:
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
def names_are_unique(task: Resource) -> Faults:
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
def ports_are_taken_once(task: Resource) -> Faults:
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
def variables_are_unique(task: Resource) -> Faults:
    """Environment variables are named once.
    ECS drops one of two environment variables with one name, without an error."""
    return repeated_keys(task, [(CONTAINERS, "Environment", "Name")])


NAMED = (
    ("MountPoints", "SourceVolume", "Volumes"),
    ("VolumesFrom", "SourceContainer", "ContainerDefinitions"),
    ("DependsOn", "ContainerName", "ContainerDefinitions"),
)


@rule("E9403", TASK, f"{API}ContainerDependency.html")
def named_things_exist(resource: Resource) -> Faults:
    """Volumes and containers that a task definition names exist in it.
    A mount point names a volume of the task, a dependency another container. A dependency on
    HEALTHY needs a health check in that container; a dependency on an end needs a container
    that is not essential. The driver awsfirelens needs a router in the task."""
    known = {key: names(resource.expression(key), "Name") for _, _, key in NAMED}
    by_name = {str(container.get("Name")): container for _, container in containers(resource)}
    routed = any("FirelensConfiguration" in container for container in by_name.values())
    for index, container in containers(resource):
        here: list[Any] = ["ContainerDefinitions", index]
        for key, field, where in NAMED:
            for n, entry in entries(container, key):
                name, there = entry.get(field), known[where]
                if there is None or not isinstance(name, str):
                    continue
                if name not in there or name == container.get("Name"):
                    yield [*here, key, n], f"the task has no other {name} in {where}"
                elif key == "DependsOn" and not _comes(entry, by_name.get(name, {})):
                    yield [*here, key, n, "Condition"], f"{name} never reaches this; change it"
        driver = at(container, "LogConfiguration", "LogDriver")
        if driver == "awsfirelens" and known["ContainerDefinitions"] and not routed:
            yield [*here, "LogConfiguration", "LogDriver"], "no container routes; add one"


def _comes(dependency: dict[str, Any], container: dict[str, Any]) -> bool:
    ends = not one_of("true")(container.get("Essential", True))
    needs = {"HEALTHY": container.get("HealthCheck"), "COMPLETE": ends, "SUCCESS": ends}
    return bool(needs.get(str(dependency.get("Condition")), True))


WORDS = {"ARM64": r"arm64|aarch64", "X86_64": r"amd64|x86[_-]64"}


def may_be_digest(digest: str, task: Resource) -> bool:
    """Whether a text is a digest, or a parameter or another expression that may be one."""
    parameters = task.template.content.get("Parameters")
    allowed = at(parameters, digest.strip("${}"), "AllowedPattern")
    if allowed is None:
        return "${" in digest or matches(r"sha256:[0-9a-fA-F]{64}")(digest)
    try:
        return matches(str(allowed))("sha256:" + 64 * "0")
    except re.error:  # CloudFormation reads patterns as Java does
        return True


@rule("E9416", TASK, f"{API}RuntimePlatform.html")
def image_runs(resource: Resource) -> Faults:
    """The image is named by its repository's URI, and built for the processor.
    An image is a repository's URI, a colon and a tag, or an @ and a digest (sha256:...). Ref
    of a repository gives only its name. An image for another processor than the task's
    (X86_64 if RuntimePlatform says nothing) does not start."""
    where = ["RuntimePlatform", "CpuArchitecture"]
    wanted = "X86_64" if resource.is_missing(*where) else resource.get(*where)
    for index, container in containers(resource):
        path = ["ContainerDefinitions", index, "Image"]
        name = next((name for name, _ in references(container.get("Image"))), "")
        other = resource.template.resources.get(name)
        image = (
            text(container.get("Image")) or f"${{{name}.{attribute(container.get('Image'))}}}"
        )
        built = [one for one, word in WORDS.items() if re.search(word, image)]
        if len(built) == 1 and wanted not in (None, built[0]) and fargate(resource):
            yield path, f"the image is for {built[0]} and the task is {wanted}; change one"
        if "@" in image and not may_be_digest(image.rpartition("@")[2], resource):
            yield path, "after @ stands a digest, sha256:...; put a : before a tag"
        if other is None or other.type != "AWS::ECR::Repository":
            continue
        if re.match(rf"\$\{{{name}(\.(?!RepositoryUri)\w+)?\}}", image):
            yield path, f"not an image's address; use GetAtt RepositoryUri of {name}"
        elif re.match(r"\$\{[^}]*\}[^:@/]", image):
            yield path, "the tag needs a : before it; add it"


@rule("W9416", TASK, f"{API}ContainerDefinition.html")
def image_is_the_repositorys(task: Resource) -> Faults:
    """The image is from the repository that the execution role may pull from.
    A colon separates the repository's URI and the tag: a slash there names another
    repository, with the tag latest, and latest is no default for a tag either. A role that
    may pull from the template's repository cannot pull an image of another repository."""
    parameters, mine = task.template.content.get("Parameters"), pulled(task)
    for index, container in containers(task):
        path, raw = ["ContainerDefinitions", index, "Image"], container.get("Image")
        image = text(raw) or ""
        joined = re.fullmatch(r"\$\{[^}]*\}/(\$\{[^}]*\}|[^:@$])+", image)
        if joined and "RepositoryUri" in str(raw):
            yield path, "the tag comes after a slash; put a : there"
        for name in dict.fromkeys(name for name, _ in references(raw)):
            if at(parameters, name, "Default") == "latest":
                yield path, f"{name} is latest by default; take the Default out"
        found = re.match(r"\d{12}\.dkr\.ecr\.[\w-]+\.[\w.]+/([^:@]+)", image)
        if found and mine and not any(may_be(repository, found[1]) for repository in mine):
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
        task.template.target(place)
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


@rule("W9420", TASK, f"{API}PortMapping.html")
def ports_agree(task: Resource) -> Faults:
    """The variable PORT and health checks name a mapped port.
    A container never becomes healthy if PORT tells it to listen on another port than the
    mapped one, or if its health check asks a port on which no container of the task listens."""
    for index, container in containers(task):
        ports = names(container.get("PortMappings"), "ContainerPort")
        for n, entry in entries(container, "Environment"):
            port = number(entry.get("Value")) if entry.get("Name") == "PORT" else None
            if port is not None and ports and f"{port:g}" not in ports:
                path = ["ContainerDefinitions", index, "Environment", n, "Value"]
                yield path, f"PORT is {port:g} but {', '.join(ports)} is mapped; use one port"
    listed = [container for _, container in containers(task)]
    mapped = [names(container.get("PortMappings"), "ContainerPort") for container in listed]
    heard = {number(port) for ports in mapped for port in ports or ["?"]}
    for container in listed:
        for _, entry in entries(container, "Environment"):
            if str(entry.get("Name")).endswith("PORT"):
                heard.add(number(entry.get("Value")))
    for index, container in containers(task):
        asked = asked_port(at(container, "HealthCheck", "Command"))
        if asked is not None and heard and not {asked, None} & heard:
            path = ["ContainerDefinitions", index, "HealthCheck", "Command"]
            yield path, f"no container listens at {asked:g}; ask a mapped port"


@rule("W9421", TASK, f"{ECS}ecs-exec.html")
def root_file_system_is_decided(task: Resource) -> Faults:
    """A container states whether its root file system is read-only; with ECS Exec it is not.
    Without the property the root file system is writable, and an intruder can change the
    content of the image. AWS does not support ECS Exec with a read-only root, since its
    agent writes."""
    execs = [user.flag("EnableExecuteCommand") for user in task.used_by(SERVICE)]
    for index, container in containers(task):
        path, read_only = (
            ["ContainerDefinitions", index],
            container.get("ReadonlyRootFilesystem"),
        )
        if one_of("true")(read_only) and True in execs:
            yield [*path, "ReadonlyRootFilesystem"], "ECS Exec writes there; set it to false"
        if read_only is None and execs and True not in execs:
            yield path, "its root file system is writable; set ReadonlyRootFilesystem"
