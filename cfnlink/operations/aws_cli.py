"""Lines of the AWS CLI and of docker for an environment, quoted for a POSIX shell.

Messages, `make commands` and the rehearsal take all these lines from here. An argument
called `text` is shell text that is already quoted, such as "$repository".
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cfnlink.next_command import shell_path
from cfnlink.operations.environment import Environment, Stack

TAG = "TAG"  # the shell variable, and make's, that holds the image's tag


@dataclass(frozen=True)
class Deployment:
    """The facts of one stack that `aws cloudformation deploy` needs.

    parameters: shell text by name; CloudFormation keeps the deployed value of the others.
    https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/
    """

    name: str
    file: Path
    region: str
    capabilities: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def command(self) -> str:
        """Return the command, on one line."""
        words = ["aws", "cloudformation", "deploy", "--stack-name", self.name]
        words += ["--region", self.region, "--template-file", shell_path(self.file)]
        if self.capabilities:
            words += ["--capabilities", *self.capabilities]
        if self.tags:
            words += ["--tags", *(f"{key}={value}" for key, value in self.tags.items())]
        line = shlex.join(words)
        if self.parameters:
            given = [f"{name}={text}" for name, text in self.parameters.items()]
            line = " ".join((line, "--parameter-overrides", *given))
        return f"{line} --no-fail-on-empty-changeset"


def deploy_command(
    environment: Environment, stack: Stack, values: Mapping[str, str] | None = None
) -> str:
    """Return the command that deploys one stack as the folder has it.

    values: shell text of the parameters without a value in the manifest.
    """
    given = {name: _quoted(value) for name, value in stack.parameters.items()}
    parameters = {
        name: text
        for name, text in {**given, **(values or {})}.items()
        if stack.takes(name) and text
    }
    return Deployment(
        stack.name,
        environment.folder.files[stack.tier].path,
        environment.region,
        stack.capabilities,
        stack.tags,
        parameters,
    ).command()


def open_parameters(stack: Stack) -> list[str]:
    """Return the parameters without a value in the manifest and in the template."""
    return [
        name
        for name, body in stack.template.get("Parameters", {}).items()
        if stack.parameters.get(name) is None and "Default" not in body
    ]


def variable(stack: Stack, parameter: str) -> str:
    """Return the shell variable for a parameter's value: TAG for the image's tag."""
    return TAG if parameter == stack.image_tag else parameter


def aws(environment: Environment, *words: str, text: str = "") -> str:
    """Return a command of the AWS CLI in the environment's region; shell text comes last."""
    return _line([*words, "--region", environment.region], text)


def unprotect_instance(environment: Environment, name: str) -> str:
    """Return the command that lifts the deletion protection of a database instance."""
    words = "rds", "modify-db-instance", "--no-deletion-protection"
    return aws(environment, *words, "--db-instance-identifier", name)


def aws_global(*words: str) -> str:
    """Return a command of the AWS CLI for a service without regions, or with its region."""
    return _line([*words])


def _line(words: list[str], text: str = "") -> str:
    return f"{shlex.join(('aws', *words))} {text}".rstrip()


def physical_id(environment: Environment, stack: str, logical_id: str) -> str:
    """Return the command that prints the physical id of a resource."""
    words = ["cloudformation", "describe-stack-resource", "--stack-name", stack]
    words += ["--logical-resource-id", logical_id]
    return aws(environment, *words, *_printed("StackResourceDetail.PhysicalResourceId"))


def output(environment: Environment, stack: str, name: str) -> str:
    """Return the command that prints an output of a stack."""
    words = ["cloudformation", "describe-stacks", "--stack-name", stack]
    query = f'Stacks[0].Outputs[?OutputKey==`"{name}"`].OutputValue'
    return aws(environment, *words, *_printed(query))


def repository_uri(environment: Environment, stack: str, logical_id: str) -> str:
    """Return the command that prints the address of a repository of a stack."""
    name = f'--repository-names "$({physical_id(environment, stack, logical_id)})"'
    printed = _printed("repositories[0].repositoryUri")
    return aws(environment, "ecr", "describe-repositories", *printed, text=name)


def hosted_zone(environment: Environment, zone: str, query: str) -> str:
    """Return the command that prints one fact of a hosted zone, whose id is shell text."""
    return aws(environment, "route53", "get-hosted-zone", *_printed(query), text=f"--id {zone}")


def docker_login(environment: Environment, repository: str) -> str:
    """Return the command that logs docker in to a repository, which is shell text.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
    """
    registry = '"${repository%%/*}"' if "$" in repository else repository.partition("/")[0]
    login = f"docker login --username AWS --password-stdin {registry}"
    return f"{aws(environment, 'ecr', 'get-login-password')} | {login}"


def build_command(image: str, cpu: str, folder: str = ".") -> str:
    """Return the command that builds an image for a CPU.

    image: repository and tag. folder: that of the Dockerfile. Both are shell text. cpu: as
    images name it, arm64 or amd64.
    """
    return f"docker build --platform linux/{cpu} --tag {image} {folder}"


def _printed(query: str) -> list[str]:
    """Return the options with which the AWS CLI prints only one value."""
    return ["--query", query, "--output", "text"]


def _quoted(value: object) -> str:
    """Return a manifest's value as shell text; none for a missing value."""
    return "" if value is None else shlex.quote(str(value))
