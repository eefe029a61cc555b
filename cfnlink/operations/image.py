"""The image of the tasks: whether it is in ECR, and built for their CPU."""

import json
from collections.abc import Iterator
from urllib.request import urlopen

from cfnlink.operations.aws_cli import build_command, deploy_command, docker_login
from cfnlink.operations.check import FAILED, OK, WARNING, Found, run_check
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import physical
from cfnlink.system.compute import containers
from cfnlink.system.expressions import at, references
from cfnlink.system.parts import Part
from cfnlink.system.resource import Resource

# ECS's names of CPUs, and those of images; ECS takes X86_64 where none is named:
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
ARCHITECTURES = {"ARM64": "arm64", "X86_64": "amd64"}
MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT_SECONDS = 10
ANY_TAG = "YOUR_TAG"  # where a next command needs a tag that only the user knows


def require(environment: Environment, tag: str) -> None:
    """Stop before any change if the deployed tasks could not run a tag's image."""
    for check in run_check("image", lambda: image(environment, tag, deployed=True)):
        if check.result == FAILED:
            raise CommandError(Exit.UNUSABLE, check.says, check.fix)
        if check.result == WARNING:
            check.say(environment.report)


def image(environment: Environment, tag: str | None, deployed: bool = False) -> Iterator[Found]:
    """Yield the state of each image that task definitions take from our repositories.

    deployed: whether the CPU is that of the deployed definition, not of the template.
    """
    drawn = {
        (repository.name, _cpu(environment, task, deployed)): repository
        for task, repository in _drawn(environment)
    }
    for (_, cpu), repository in drawn.items():
        yield _found(environment, repository, tag, cpu)


def repositories(environment: Environment) -> list[tuple[Resource, str]]:
    """Return each of our repositories that task definitions use, and the CPU of its images."""
    found = {
        repository.name: (repository, _cpu(environment, task, deployed=False))
        for task, repository in _drawn(environment)
    }
    return list(found.values())


def _drawn(environment: Environment) -> Iterator[tuple[Resource, Resource]]:
    """Yield each task definition with the repositories of its containers."""
    for task in environment.system.of("AWS::ECS::TaskDefinition"):
        for _, container in containers(task):
            repository = _repository(environment, container.get("Image"))
            if repository:
                yield task, repository


def _cpu(environment: Environment, task: Resource, deployed: bool) -> str:
    """Return the CPU of a task definition, in the words of images."""
    cpu = task.get("RuntimePlatform", "CpuArchitecture")
    arn = physical(environment, task.stack, task.logical_id) if deployed else None
    if arn:
        answer = environment.clients.ecs.describe_task_definition(taskDefinition=arn)
        cpu = at(answer["taskDefinition"], "runtimePlatform", "cpuArchitecture")
    return ARCHITECTURES.get(cpu or "X86_64", str(cpu))


def _repository(environment: Environment, expression: object) -> Resource | None:
    """Return the repository of an image whose tag is the parameter of releases."""
    names = {name for name, _ in references(expression)}
    if environment.system.parts.get(Part.IMAGE_TAG) not in names:
        return None
    found = [
        environment.system.resources[name]
        for name in names & environment.system.resources.keys()
    ]
    return next((r for r in found if r.type == "AWS::ECR::Repository"), None)


def _found(environment: Environment, repository: Resource, tag: str | None, cpu: str) -> Found:
    name = physical(environment, repository.stack, repository.logical_id)
    if name is None:
        says = f"there is no repository yet: {repository.stack} makes it"
        return FAILED, says, deploy_command(environment, environment.stack(repository.stack))
    if tag is None:
        says = f"not looked for in {name}: no tag runs yet, and none was given"
        return WARNING, says, environment.command_line_with(tag=ANY_TAG)
    ecr = environment.clients.ecr
    known = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    uri = known["repositoryUri"]
    there = architectures(environment, name, tag)
    if there is None:
        return FAILED, f"{uri} has no image {tag}", _push(environment, uri, tag, cpu)
    if not there:
        return WARNING, f"{uri}:{tag} does not say for which CPU it is made"
    if cpu not in there:
        # Where tags are immutable this one is taken: the right image needs another.
        says = f"{uri}:{tag} is made for {', '.join(sorted(there))}; the tasks run on {cpu}"
        return FAILED, says, _push(environment, uri, f"{tag}-{cpu}", cpu)
    return OK, f"{uri}:{tag} is there, made for {cpu}"


def architectures(environment: Environment, repository: str, tag: str) -> set[str] | None:
    """The CPUs for which an image in ECR is made; None where there is no such image.

    An index names them; a single image has its CPU in its configuration, a blob as any layer:
    https://github.com/opencontainers/image-spec/blob/main/image-index.md, config.md
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
    """
    ecr = environment.clients.ecr
    answer = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageTag": tag}],
        acceptedMediaTypes=[*MEDIA_TYPES],
    )
    if not answer["images"]:
        return None
    manifest = json.loads(answer["images"][0]["imageManifest"])
    if "manifests" in manifest:
        platforms = [each.get("platform", {}) for each in manifest["manifests"]]
        return {str(each["architecture"]) for each in platforms if each.get("os") == "linux"}
    layer = ecr.get_download_url_for_layer(
        repositoryName=repository, layerDigest=manifest["config"]["digest"]
    )
    with urlopen(layer["downloadUrl"], timeout=TIMEOUT_SECONDS) as blob:  # noqa: S310 (ECR's own)
        return {str(json.load(blob)["architecture"])}


def _push(environment: Environment, uri: str, tag: str, cpu: str) -> str:
    """Return the steps that build and push an image, and go on with it."""
    return "\n".join(
        (
            docker_login(environment, uri),
            f"in the folder with your Dockerfile: {build_command(f'{uri}:{tag}', cpu)}",
            f"docker push {uri}:{tag}",
            environment.command_line_with(tag=tag),
        )
    )
