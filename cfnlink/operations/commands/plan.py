"""What a deployment would change, said before it does; nothing is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from types import SimpleNamespace

from cfnlink.operations.changes import Change, as_result, is_metadata_alone, lines, refuse
from cfnlink.operations.comparison import Disagreement, disagreements, words_of
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.linked_changes import changes_between
from cfnlink.operations.order import reversals, side_by_side
from cfnlink.operations.price_change import price_change
from cfnlink.operations.stack_plan import StackPlan, check_state, plan
from cfnlink.operations.stacks import all_exports, find
from cfnlink.operations.traffic import refuse_while_moved
from cfnlink.system.link import link
from cfnlink.system.replacement import REPLACED
from cfnlink.system.resource import System


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """The command `plan`: AWS is asked about all stacks at once, and told in their order."""
    environment = environment.only(options.only) if options.only else environment
    found = Plan(environment, _asked(environment, options.tag))
    for name in found.stacks:
        for line in found.lines(name):
            environment.report.say(line)
    _say_if_new(environment, found)
    price = price_change(environment, found.before)
    environment.report.say(price.words())
    environment.report.result({**found.as_result(), "price": price.as_result()})
    for reversal in reversals(environment, lambda name: found.stacks[name].before):
        environment.report.say(reversal.words())
    say_left_over(environment)
    refuse(environment, found.losses, options.allow, "deploy")
    refuse_while_moved(environment, found.all_changes)
    _say_next(environment, found, options.tag)
    return Exit.DONE


@dataclass(frozen=True)
class Plan:
    """The plans of an environment's stacks, by name, in their order."""

    environment: Environment
    stacks: Mapping[str, StackPlan]

    @cached_property
    def before(self) -> System:
        """The stacks at AWS, linked; one that is not planned is as the folder has it."""
        templates = []
        for template in self.environment.folder.stacks():
            found = self.stacks.get(template.name)
            if found is None:
                templates.append(template)
            elif found.before is not None:
                templates.append(replace(template, template=found.before, parts={}))
        return link(templates, self.environment.folder.known, is_complete=False)

    @cached_property
    def by_templates(self) -> Mapping[str, list[Change]]:
        """The changes that the templates show, by stack: the computation of `diff`."""
        kept, now = {*self.stacks}, self.environment.system
        changes = changes_between(self.before, now, kept, self.environment.region)
        return {name: [each for each in changes if each.stack == name] for name in self.stacks}

    def changes(self, name: str) -> list[Change]:
        """Return the changes of a stack, as a change set has them where there is one."""
        by_aws = self.stacks[name].by_aws
        return self.by_templates[name] if by_aws is None else [*by_aws]

    @property
    def all_changes(self) -> list[Change]:
        """The changes of all stacks."""
        return [change for name in self.stacks for change in self.changes(name)]

    @property
    def losses(self) -> Iterator[Change]:
        """The changes that may lose data, those included that AWS sees only later."""
        known = set()
        for change in self.all_changes:
            known.add((change.stack, change.logical_id))
            yield change
        for name in self.stacks:
            for change in self.by_templates[name]:
                is_later = change.how == REPLACED and change.causes
                if is_later and (name, change.logical_id) not in known:
                    yield change

    def disagreements(self, name: str) -> list[Disagreement]:
        """Return where the change set of a stack that exists differs from the templates."""
        found = self.stacks[name]
        if found.by_aws is None or found.before is None:
            return []
        return [*disagreements(self.environment, name, found.by_aws, self.by_templates[name])]

    def lines(self, name: str) -> Iterator[str]:
        """Yield what would happen to a stack, line by line."""
        found, changes = self.stacks[name], self.changes(name)
        yield from found.drift
        yield f"{name}: {found.how}" if changes else f"{name}: no changes"
        yield from lines(changes)
        yield from found.watched.words() if changes and found.watched else ()
        for warning in found.warnings:
            yield f"  warning: {warning}"
        yield from words_of(self.disagreements(name))

    def as_result(self) -> dict[str, object]:
        """Return it for `--json`."""
        different = [asdict(each) for name in self.stacks for each in self.disagreements(name)]
        offline = [name for name, found in self.stacks.items() if found.is_offline]
        return {
            **as_result(self.all_changes),
            "disagreements": different,
            "offline": offline,
            "alarms": {
                name: found.watched.as_result()
                for name, found in self.stacks.items()
                if found.watched and self.changes(name)
            },
            "warnings": [each for found in self.stacks.values() for each in found.warnings],
        }


def _asked(environment: Environment, image_tag: str | None) -> dict[str, StackPlan]:
    """Return the plans of all stacks; some are asked for at once, and told in their order.

    Raises CommandError, for a stack that AWS does not change now before it asks of any.
    """
    exported = all_exports(environment).keys()

    def ask(stack: Stack) -> StackPlan:
        environment.report.working(stack.name, "asking AWS what would change")
        missing = environment.imports(stack) - exported
        found = plan(environment, stack, deployed[stack.name], image_tag, missing)
        environment.report.working(stack.name)
        return found

    try:
        deployed = side_by_side(environment, lambda stack: find(environment, stack.name))
        for stack in environment.stacks:
            check_state(environment, stack, deployed[stack.name])
        found = side_by_side(environment, ask)
    except KeyboardInterrupt:
        message = "interrupted; nothing was changed"
        raise CommandError(Exit.INTERRUPTED, message, environment.command_line) from None
    return {stack.name: found[stack.name] for stack in environment.stacks}


def _say_if_new(environment: Environment, found: Plan) -> None:
    """Say that an environment has no stack yet."""
    own = [found.stacks[stack.name].deployed for stack in environment.own_stacks]
    if own and not any(own):
        environment.report.say(
            f"No stack of {environment.project}-{environment.name} exists here. If it was "
            "renamed, the old one stays as it is: this is a new one, with an empty database."
        )


def _say_next(environment: Environment, found: Plan, image_tag: str | None) -> None:
    """Say which command makes the changes, if there are any."""
    changes = found.all_changes
    if not changes:
        environment.report.say("Nothing would change.")
        return
    if is_metadata_alone(changes):
        environment.report.say("Nothing that runs would change.")
    first = any(stack.image_tag for stack in environment.stacks)
    tagged = any(
        each.deployed and environment.image_tag_of(each.deployed.parameters, name)
        for name, each in found.stacks.items()
    )
    tag = image_tag or (ANY_TAG if first and not tagged else None)
    environment.report.next(environment.command("deploy", tag=tag))
