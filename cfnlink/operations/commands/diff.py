"""What a deployment would change, from the templates of two git revisions, without AWS."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from cfnlink.operations.changes import as_result, lines, refuse
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import Exit
from cfnlink.operations.linked_changes import changes_between
from cfnlink.system.folder import Folder, read
from cfnlink.system.left_over import left_over, removal, says
from cfnlink.system.link import link
from cfnlink.system.replacement import REPLACED
from cfnlink.system.revision import at_revision


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `diff`: print the changes since a git revision, stack by stack."""
    base: str = options.base
    folder = environment.folder.path
    with at_revision(folder.resolve().parent, base) as before:
        there = before / folder.resolve().name
        old = read(there) if there.is_dir() else None
        if old is None or old.manifest["project"] != environment.project:
            for line in _new(environment, before, base, old):
                environment.report.say(line)
            environment.report.result({"base": base, "new": True, "stacks": [], "changes": []})
            return Exit.DONE
        was = link(old.stacks(), old.known)
    about = [*_of_stacks(old, environment.folder)]
    for line in about:
        environment.report.say(line)
    kept = _kept(old, environment.folder)
    changes = changes_between(was, environment.system, kept, environment.region)
    for stack in environment.stacks:
        own = [change for change in changes if change.stack == stack.name]
        if own:
            environment.report.say(f"{stack.name}:")
        for line in lines(own):
            environment.report.say(line)
    environment.report.result({"base": base, "new": False, "stacks": about})
    environment.report.result(as_result(changes))
    if not changes and not about:
        environment.report.say(
            f"{environment.project}-{environment.name}: nothing would change."
        )
    refuse(environment, changes, options.allow, "deploy")
    return Exit.DONE


def _new(
    environment: Environment, before: Path, base: str, old: Folder | None
) -> Iterator[str]:
    """Yield the facts of an environment that did not exist before, or in another project.

    old: the folder of this environment in the base, if there was one.
    """
    name = f"{environment.project}-{environment.name}"
    stay = "stay as they are, and are billed"
    if old is not None:
        project = old.manifest["project"]
        yield f"{name}: all of it is new, in {base} the project was {project}."
        yield (
            f"  If {project}-{environment.name} is deployed: to AWS this is another one, with "
            f"an empty database; its stacks {stay}. To delete them, run destroy in a clone "
            f"of {base}."
        )
        return
    now = environment.folder.path.resolve()
    yield f"{name}: all of it is new, it was not in {base}."
    gone = [
        other.name
        for other in sorted(before.iterdir())
        if (other / "manifest.json").is_file() and not (now.parent / other.name).exists()
    ]
    for former in gone:
        yield (
            f"  If it is {former} renamed: to AWS it is another one, with an empty database; "
            f"the stacks of {former} {stay}."
        )


def _names(folder: Folder) -> dict[str, str]:
    return {entry["tier"]: entry["name"] for entry in folder.manifest["stacks"]}


def _kept(old: Folder, new: Folder) -> set[str]:
    """Return the stacks of both revisions; only they are compared resource by resource."""
    return {*_names(old).values()} & {*_names(new).values()}


def _of_stacks(old: Folder, new: Folder) -> Iterator[str]:
    """Yield stacks that were added, removed or renamed, and tags that a whole stack carries."""
    was, is_ = _names(old), _names(new)
    for tier, name in is_.items():
        if tier not in was:
            yield f"{name}: a new stack"
        elif was[tier] != name:
            yield (
                f"{name}: was {was[tier]}. To AWS it is another stack: all of {tier} is "
                f"{REPLACED}"
            )
    for former, stacks in left_over({"": old}, {"": new}):
        yield f"{says(', '.join(stacks))}\n    {removal(former, stacks)}"
    if old.region != new.region:
        yield f"the region was {old.region} and is {new.region}: there all stacks are new"
    tags = {entry["name"]: entry.get("tags") for entry in old.manifest["stacks"]}
    for entry in new.manifest["stacks"]:
        if entry["name"] in tags and tags[entry["name"]] != entry.get("tags"):
            yield f"{entry['name']}: other tags, so all that carry tags are changed in place"
