"""What the workflows need to know, read from the output folders and from git."""

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cfnlink.operations.aws_cli import aws, build_command, docker_login, repository_uri
from cfnlink.operations.database import PSQL_TAG, has_application_users, mirror_command
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.image import ARCHITECTURES, repositories
from cfnlink.operations.permissions import SESSION_SECONDS
from cfnlink.system.parts import Part
from cfnlink.system.resource import Resource

# https://docs.github.com/en/actions/reference/runners/github-hosted-runners (2026-11)
RUNNERS = {"arm64": "ubuntu-24.04-arm", "amd64": "ubuntu-24.04"}
TOOL_PATH = ".cfnlink"
# What a clone of the generator has, and a folder of settings has not.
CLONE = ("build.py", "Makefile", "templates")


@dataclass(frozen=True)
class Step:
    """An environment in the order of deployment.

    needs: the jobs that come before. tagged: the stack with the image's tag, if any. smoke:
    whether it has a key for smoke. has_users: whether its database's password can be rotated.
    """

    name: str
    needs: tuple[str, ...]
    tagged: str
    smoke: bool
    has_users: bool


@dataclass(frozen=True)
class Image:
    """The image that all environments run, as lines of shell; $repository is its address."""

    runner: str
    address: str
    login: str
    count: str
    build: str
    mirror: str
    psql: str = PSQL_TAG


@dataclass(frozen=True)
class Place:
    """Where the files lie: root is the repository, the others are paths below it.

    settings: "" where it is the root. tool: OWNER/NAME of the generator; "" in its clone.
    """

    root: Path
    settings: str
    output: str
    tool: str
    tool_ref: str
    tool_path: str = TOOL_PATH

    @property
    def make(self) -> str:
        """Return the command that runs make."""
        if not self.tool:
            return f"make SETTINGS={shlex.quote(self.settings)}" if self.settings else "make"
        below = f"/{self.settings}" if self.settings else ""
        settings = f'SETTINGS="$GITHUB_WORKSPACE{below}"'
        return f"make -C {self.tool_path} {settings}"

    @property
    def cfnlink(self) -> str:
        """Return the command that runs this program."""
        return f"{self.tool_path}/.venv/bin/cfnlink" if self.tool else ".venv/bin/cfnlink"


@dataclass(frozen=True)
class Pipeline:
    """All that the templates of the workflows read."""

    project: str
    region: str
    repository: str
    branch: str
    is_built: bool
    shared_tier: str
    environments: tuple[Step, ...]
    image: Image | None
    place: Place

    @property
    def make(self) -> str:
        """Return the command that runs make."""
        return self.place.make

    @property
    def cfnlink(self) -> str:
        """Return the command that runs this program."""
        return self.place.cfnlink

    @property
    def output(self) -> str:
        """Return the path of the output below the repository."""
        return self.place.output

    def folder(self, name: str = "") -> str:
        """Return the path of an output folder, or of the output, as shell text."""
        return shlex.quote(f"{self.output}/{name}" if name else self.output)

    @property
    def deploy_minutes(self) -> int:
        """Return after how many minutes a deployment ends: its credentials last as long."""
        return SESSION_SECONDS[""] // 60

    @property
    def folders(self) -> str:
        """Return the output folders as shell text."""
        return " ".join(self.folder(each.name) for each in self.environments)

    @property
    def check(self) -> str:
        """Return the command that checks everything."""
        return f"{self.make} check" if self.is_built else f"{self.cfnlink} lint {self.folders}"

    @property
    def query(self) -> str:
        """Return the path of the query of a restore drill, as shell text."""
        return shlex.quote(Path(self.place.settings, "drill.sql").as_posix())


def place(folder: Path, output: Path, tool: str) -> Place:
    """Return where the files lie. Raises CommandError without a tool to check out."""
    root = _root(folder)
    settings = folder.resolve().relative_to(root).as_posix()
    below = output.resolve().relative_to(root).as_posix()
    name, _, ref = tool.partition("@")
    if not all((root / mark).exists() for mark in CLONE) and not (name and ref):
        message = f"{root} is no clone of the generator, which the workflows run"
        fix = "--tool OWNER/NAME@TAG, the repository of the generator and a tag of it"
        raise CommandError(Exit.UNUSABLE, f"{message}; expected {fix}")
    return Place(root, "" if settings == "." else settings, below, name, ref)


def _root(folder: Path) -> Path:
    """Return the repository of a folder; the folder itself where it is in none."""
    done = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"],  # noqa: S607 (the user's git)
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(done.stdout.strip()).resolve() if done.returncode == 0 else folder.resolve()


def pipeline(
    environments: list[Environment], repository: str, branch: str, service: str, where: Place
) -> Pipeline:
    """Return the facts of environments in the order of deployment. Raises CommandError."""
    first = environments[0]
    for other in environments:
        if (other.project, other.region) != (first.project, first.region):
            message = f"{other.name} is of another project or region than {first.name}"
            raise CommandError(Exit.UNUSABLE, message, other.build())
    image = _image(environments, service)
    before = ("image",) if image else ()
    steps = []
    for each in environments:
        steps.append(_step(each, before))
        before = (f"deploy-{each.name}",)
    return Pipeline(
        project=first.project,
        region=first.region,
        repository=repository,
        branch=branch,
        is_built=bool(first.folder.manifest.get("generator")),
        shared_tier=first.shared_tier or "",
        environments=tuple(steps),
        image=image,
        place=where,
    )


def _step(environment: Environment, needs: tuple[str, ...]) -> Step:
    tagged = next((stack.name for stack in environment.stacks if _is_tagged(stack)), "")
    return Step(
        name=environment.name,
        needs=needs,
        tagged=tagged,
        smoke=Part.SMOKE_KEY in environment.system.parts,
        has_users=has_application_users(environment),
    )


def _is_tagged(stack: Stack) -> bool:
    return stack.image_tag is not None


def _image(environments: list[Environment], service: str) -> Image | None:
    """Return the image that all environments run; None where none has a repository of ours."""
    found = {
        (repository.stack, repository.logical_id, cpu): (environment, repository)
        for environment in environments
        for repository, cpu in repositories(environment)
    }
    if not found:
        return None
    if len(found) > 1:
        words = ", ".join(f"{stack}.{name} for {cpu}" for stack, name, cpu in found)
        message = f"one image cannot serve {words}; expected one repository and one CPU"
        raise CommandError(Exit.UNUSABLE, message, "set the same service.cpu_architecture")
    ((_, _, cpu), (environment, repository)) = next(iter(found.items()))
    has_users = any(map(has_application_users, environments))
    return _built(environment, repository, cpu, service, has_users=has_users)


def _built(
    environment: Environment, repository: Resource, cpu: str, service: str, *, has_users: bool
) -> Image:
    count = ("ecr", "batch-get-image", "--query", "length(images)", "--output", "text")
    named = '--repository-name "${repository#*/}" --image-ids "imageTag=$1"'
    return Image(
        runner=RUNNERS[ARCHITECTURES.get(cpu, cpu)],
        address=repository_uri(environment, repository.stack, repository.logical_id),
        login=docker_login(environment, '"$repository"'),
        count=aws(environment, *count, text=named),
        build=build_command('"$repository:$GITHUB_SHA"', cpu, shlex.quote(service)),
        mirror=mirror_command('"$repository"', cpu) if has_users else "",
    )
