"""The least that a role needs to create, change and delete the stacks that it deploys.

The actions are those of the resource schemas' handlers, with which CloudFormation acts in the
name of the role, and those that our commands call. What an action may touch follows from the
names and the tags of the stacks, as far as AWS's reference allows; the rest is listed with its
risk. Denials guard what belongs to others, whatever else is allowed.
docs/decisions/0019-deploy-role.md says why.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations import aws_reference as aws
from cfnlink.operations.drill_instance import drill_name
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.forms import AFTERWARDS, AT_CREATION, UNCERTAIN, Form, Forms
from cfnlink.operations.grants import (
    ANYTHING,
    DENY,
    Grant,
    Owner,
    Reach,
    Test,
    is_untagging,
    merged,
)
from cfnlink.operations.instances import INSTANCE
from cfnlink.operations.names import patterns
from cfnlink.operations.owner_tags import OWNER_TAGS
from cfnlink.operations.permission_rows import Call, rows
from cfnlink.operations.template_values import TemplateValues
from cfnlink.system.resource import Resource

# How long the credentials of a role last, by its purpose; AWS's default is an hour. A
# deployment waits for canaries, bake times and others, and a drill for a large database.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
SESSION_SECONDS = {"": 7_200, "schedule": 10_800}
READS = (
    "they only read: names, states and settings of the whole account and region, no contents "
    "of secrets, logs or databases"
)
NO_TAGS = (
    "the manifest gives its stacks no tags project and environment: they reach every stack's"
)
NO_LIMIT = "AWS limits them to no resource: they reach every one of the account"
FIRST_TAGS = (
    "CloudFormation writes the first tags to a resource that exists: they could change or "
    "claim a resource of another system that has neither tag"
)
NOT_KNOWN = (
    "it is not known whether the stack's tags reach the resource: they could change a resource "
    "of another system that has neither tag"
)
OTHER_TAGS = (
    "AWS compares no tags on the path of tags: they write and remove tags of any API, but not "
    "the two that tell its owner"
)
BOUNDARY_IS_FIXED = "only an administrator may write the permissions boundary"
WRITING_POLICIES = (
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
)
READING = ("BatchGet", "Describe", "Detect", "GET", "Get", "List")
METADATA = ("Describe", "Detect", "List")
CREATING = ("Allocate", "Create", "Import", "POST", "Put", "Request")
TAGGING = ("AddTags", "CreateTags", "Tag")
EVERY = "ForAllValues:"
# Stands in an ARN of permissions.yaml for the name of a drill's instance.
DRILL = "{drill}"
HANDLERS = ("create", "read", "update", "delete")
GLOBAL = ("ce", "iam", "route53")
# What a policy says of creating with tags: the path of a tagged resource that has no id yet
# ends with a star. Reported by users, not by AWS's documentation:
# https://github.com/mattclay/aws-terminator/pull/284
# https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/997
NEW_TAGS = ("/tags/", "/tags/*${!*}")


class Asker(NamedTuple):
    """Whose handler asks for an action."""

    resource: Resource
    handler: str


@dataclass(frozen=True)
class Permissions:
    """What a role needs that deploys the stacks of one environment, or the shared stack.

    role: one of permissions.yaml that does less, or "" for a deploy role. Raises CommandError
    where a type has no schema, or a role no permissions boundary.
    """

    target: Environment
    shared: bool = False
    role: str = ""

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks that the role deploys."""
        return tuple(stack for stack in self.target.stacks if stack.is_shared == self.shared)

    @cached_property
    def owner(self) -> Owner:
        """The tags of what the role may change."""
        environment = None if self.shared else self.target.name
        return Owner(self.target.project, environment)

    @cached_property
    def values(self) -> TemplateValues:
        """What the templates say that conditions repeat."""
        return TemplateValues(self.target, self.stacks)

    @cached_property
    def grants(self) -> list[Grant]:
        """All that is allowed, and all that is denied whatever else is allowed."""
        allowed = merged(self._allowed())
        return [self._located(each) for each in (*allowed, *self._guards(allowed))]

    def _located(self, grant: Grant) -> Grant:
        """A grant with the name of the region, which is shorter than a variable."""

        def filled(texts: tuple[str, ...]) -> tuple[str, ...]:
            region = self.target.folder.region
            return tuple(text.replace("${AWS::Region}", region) for text in texts)

        tests = tuple(each._replace(values=filled(each.values)) for each in grant.tests)
        return replace(grant, resources=filled(grant.resources), tests=tests)

    @cached_property
    def left_out(self) -> dict[str, str]:
        """The actions that handlers and commands list and the role does not get, and why."""
        given = {action for action, _ in self._allowed()}
        return {
            call.action: self._needless(call, askers) or "nothing here needs it"
            for call, askers in sorted(self._asked.items(), key=lambda each: each[0].action)
            if call.action not in given
        }

    def _allowed(self) -> Iterator[tuple[str, Reach]]:
        for call, askers in sorted(self._asked.items(), key=lambda each: each[0].action):
            if not self._needless(call, askers):
                for reach in self._reaches(call, askers):
                    yield call.action, reach
        if self.role:
            return
        types = {resource.type for resource in self._own}
        if self._forms.collections("apigateway", types):
            yield from self._tags_of_api_gateway()
        for action, end in self.values.outside():
            yield action, Reach((self._outside_arn(action, end),))

    @cached_property
    def _asked(self) -> dict[Call, list[Asker]]:
        """Each action, and whose handlers ask for it; the calls of the commands have none."""
        asked: dict[Call, list[Asker]] = {}
        own = {stack.name for stack in self.stacks}
        deploys, reads = not self.role, self._reads
        for resource in self.target.system.resources.values() if reads != "nothing" else ():
            is_own = resource.stack in own
            for handler in self._handlers(resource, is_own and deploys):
                for action in self._schema(resource).handlers.get(handler, ()):
                    if (is_own and reads == "everything") or _is(action, METADATA):
                        call = Call(action=action)
                        asked.setdefault(call, []).append(Asker(resource, handler))
        known = rows().commands
        calls = (
            rows().role_calls(self.role)
            if self.role
            else (call for command in known for call in rows().calls(command))
        )
        for call in calls:
            asked.setdefault(call, [])
        return asked

    @property
    def _reads(self) -> str:
        """What of the handlers' actions the role gets."""
        return rows().roles[self.role].reads if self.role else "everything"

    def _handlers(self, resource: Resource, own: bool) -> tuple[str, ...]:
        """The handlers that CloudFormation runs; of what is always kept not the last one."""
        if not own:
            return ("read",)
        kept = [resource.body.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")]
        return HANDLERS[: 3 if kept == ["Retain", "Retain"] else 4]

    def _schema(self, resource: Resource) -> aws.Schema:
        kind = resource.type
        found = aws.schema(self.target.folder.region, kind)
        if found is None:
            where = f"{resource.stack}: {resource.logical_id} ({kind})"
            message = f"{where}: no schema of AWS says which rights making it needs"
            raise CommandError(Exit.UNUSABLE, message, "write the deploy role yourself")
        return found

    @cached_property
    def _forms(self) -> Forms:
        return Forms(self.target, self.stacks, self.values)

    @cached_property
    def _drills(self) -> list[str]:
        """The names that restore drills give to instances, as patterns."""
        return [
            drill_name(name)
            for each in self._own
            if each.type == INSTANCE
            for name in patterns(
                resource_type(INSTANCE),
                each.stack,
                each.logical_id,
                each.properties.get("DBInstanceIdentifier"),
            )
        ]

    @cached_property
    def _properties(self) -> str:
        """The properties of the resources that the role deploys, as one text."""
        return json.dumps([each.properties for each in self._own]).lower()

    @cached_property
    def _own(self) -> list[Resource]:
        """The resources of the stacks that the role deploys."""
        own = {stack.name for stack in self.stacks}
        resources = self.target.system.resources.values()
        return [resource for resource in resources if resource.stack in own]

    def _needless(self, call: Call, askers: list[Asker]) -> str:
        """Why the role does not get an action; empty where it does."""
        action = call.action
        for row in rows().left_out:
            if not row.covers(action):
                continue
            if not row.words:
                return row.why
            if not any(word.lower() in self._properties for word in row.words):
                return f"no resource has {' or '.join(row.words)}"
        if not aws.is_known(action):
            return "AWS's reference knows no such action" if askers else ""
        kinds = aws.kinds(action)
        free = not kinds or call.arn or action in {*rows().fixed, *rows().unlimited}
        if free or self._meets(action, askers) or (askers and _is(action, METADATA)):
            return ""
        if "policy" in kinds and self.shared:
            return BOUNDARY_IS_FIXED
        return f"nothing here is a {' or '.join(kinds[:3])}"

    def _meets(self, action: str, askers: list[Asker]) -> list[Form]:
        """The forms of our resources on which an action can be allowed."""
        known = [
            form
            for form in self._forms.all
            if form.takes(action) and (form.ours or _is(action, READING))
        ]
        strange = [
            asker.resource for asker in askers if not resource_type(asker.resource.type).arns
        ]
        return known or [*self._forms.of_reference(action, strange)]

    def _reaches(self, call: Call, askers: list[Asker]) -> Iterator[Reach]:
        """Where an action is allowed: its conditions, on each of its resources."""
        for tests in self._conditions(call.action):
            for reach in self._resources(call, askers):
                yield reach._replace(tests=(*tests, *reach.tests))

    def _resources(self, call: Call, askers: list[Asker]) -> Iterator[Reach]:
        action, service = call.action, aws.service_of(call.action)
        reading = READS if _is(action, READING) else ""
        fixed = call.arn or rows().fixed.get(action)
        forms = self._meets(action, askers)
        if fixed and DRILL in fixed:
            if self._drills:
                ends = [fixed.replace(DRILL, each) for each in self._drills]
                yield Reach(tuple(aws.arn(service, "db", end) for end in ends))
        elif fixed and fixed != "*":
            kind = next(iter(aws.kinds(action)), "")
            yield Reach((aws.arn(service, kind, fixed),), why=reading or self._risk(action))
        elif fixed or not forms or action in rows().unlimited:
            here = Test("StringEquals", "aws:RequestedRegion", (self.target.folder.region,))
            region = () if service in GLOBAL else (here,)
            yield Reach(ANYTHING, region, reading or self._risk(action))
        else:
            yield from self._of_forms(action, forms, askers)

    def _of_forms(self, action: str, forms: list[Form], askers: list[Asker]) -> Iterator[Reach]:
        named = [form for form in forms if form.named]
        if named:
            yield Reach(_arns(named))
        for form in forms:
            if form.wide:
                yield Reach(_arns([form]), why=READS if _is(action, READING) else form.wide)
            elif not form.named:
                yield from self._by_tags(action, form, askers)
        if _is(action, CREATING):
            made = {asker.resource.type for asker in askers}
            collections = self._forms.collections(aws.service_of(action), made)
            if collections:
                yield Reach(collections)

    def _by_tags(self, action: str, form: Form, askers: list[Asker]) -> Iterator[Reach]:
        """One kind of resource whose tags tell whose it is."""
        arns = _arns([form])
        if _is(action, METADATA):
            yield Reach(arns, why=READS)
        elif not self._tagged:
            yield Reach(arns, why=NO_TAGS)
        else:
            some = Test("Null", "aws:TagKeys", ("false",))
            keys = (some,) if is_untagging(action) and form.service != "apigateway" else ()
            yield Reach(arns, (*self.owner.own, *keys), by_tags=True)
            if not is_untagging(action):
                yield from self._before_tags(action, form, askers)

    def _before_tags(self, action: str, form: Form, askers: list[Asker]) -> Iterator[Reach]:
        """The same before the resource has tags, where it can come to that."""
        arns, untagged = _arns([form]), self.owner.untagged
        key = rows().create_action.get(form.service)
        creating = _is(action, CREATING) and self._make(form, askers)
        if _is(action, TAGGING) and key and form.tagged == AT_CREATION:
            yield Reach(arns, (Test("StringEquals", key, self._creations(form.service)),))
        elif form.tagged == UNCERTAIN:
            yield Reach(arns, untagged, NOT_KNOWN)
        elif _is(action, TAGGING):
            if f"{form.service}:{form.kind}" not in rows().never_tagged:
                yield Reach(arns, untagged, FIRST_TAGS)
        elif creating:
            yield Reach(arns, untagged)
        elif form.tagged == AFTERWARDS and any(each.handler == "create" for each in askers):
            yield Reach(arns, untagged, FIRST_TAGS)

    @staticmethod
    def _make(form: Form, askers: list[Asker]) -> bool:
        """Whether AWS authorizes on a form that the askers create their resources."""
        types = [resource_type(each.resource.type) for each in askers]
        return any(
            not row.arns or (form.kind in row.arns and not row.created_in) for row in types
        )

    def _creations(self, service: str) -> tuple[str, ...]:
        """The names of the actions with which handlers create resources of a service."""
        return tuple(
            sorted(
                aws.name_of(call.action)
                for call, askers in self._asked.items()
                if aws.service_of(call.action) == service
                and _is(call.action, CREATING)
                and not _is(call.action, TAGGING)
                and any(each.handler == "create" for each in askers)
                and not self._needless(call, askers)
            )
        )

    @cached_property
    def _tagged(self) -> bool:
        """Whether the tags of the stacks tell whose a resource is."""
        wanted = {"project": self.target.project}
        if not self.shared:
            wanted["environment"] = self.target.name
        return all(wanted.items() <= stack.tags.items() for stack in self.stacks)

    def _tags_of_api_gateway(self) -> Iterator[tuple[str, Reach]]:
        """Tags of API Gateway are paths, whose tags AWS does not compare.

        Creating with tags is allowed on the path without an id. On all others no tag that
        tells the owner may be written or removed.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-iam-policy.html
        """
        new = tuple(aws.arn("apigateway", "tags", path) for path in NEW_TAGS)
        old = (aws.arn("apigateway", "tags", "/tags/*"),)
        others = (
            Test("ForAllValues:StringNotEquals", "aws:TagKeys", OWNER_TAGS),
            Test("Null", "aws:TagKeys", ("false",)),
        )
        for verb in ("POST", "PUT"):
            yield f"apigateway:{verb}", Reach(new)
        for verb in ("DELETE", "POST", "PUT"):
            yield f"apigateway:{verb}", Reach(old, others, OTHER_TAGS)
        yield "apigateway:GET", Reach(old, why=READS)

    def _conditions(self, action: str) -> Iterator[tuple[Test, ...]]:
        """The conditions of an action; each alternative is enough."""
        if action == "route53:ChangeResourceRecordSets":
            for names, types in self.values.records():
                yield (
                    *_tests(f"{EVERY}StringLike", f"{action}NormalizedRecordNames", names),
                    *_tests(f"{EVERY}StringEquals", f"{action}RecordTypes", types),
                )
            return
        tests: list[Test] = []
        own = rows().roles[self.role].conditions if self.role else ()
        for row in (*rows().conditions, *own):
            if action in row.actions:
                values = self.values.of(row.values)
                if not values:
                    return
                tests += _tests(row.operator, row.key, values)
        yield tuple(tests)

    def _risk(self, action: str) -> str:
        return rows().risks.get(action, NO_LIMIT)

    def _outside_arn(self, action: str, end: str) -> str:
        service = aws.service_of(action)
        kind = next(iter(aws.kinds(action)), "")
        return end if end.startswith("arn:") else aws.arn(service, kind, end)

    def _guards(self, allowed: Iterable[Grant]) -> list[Grant]:
        """What is denied whatever else is allowed."""
        actions = {action for grant in allowed for action in grant.actions}
        beside = [self._outside_arn(action, end) for action, end in self.values.outside()]
        guards = (
            self.owner.guards(actions, tuple(dict.fromkeys(beside))) if self._tagged else []
        )
        never = [
            action
            for row in rows().left_out
            for action in row.actions
            if not row.words and action.startswith("iam:") and not _is(action, READING)
        ]
        guards += [Grant(tuple(sorted(never)), ANYTHING, effect=DENY)]
        if self.values.boundaries:
            guards.append(Grant(WRITING_POLICIES, self.values.boundaries, effect=DENY))
        return guards


def _is(action: str, prefixes: tuple[str, ...]) -> bool:
    return aws.name_of(action).startswith(prefixes)


def _arns(forms: Iterable[Form]) -> tuple[str, ...]:
    found = [aws.arn(form.service, form.kind, end) for form in forms for end in form.ends]
    return tuple(dict.fromkeys(found))


def _tests(operator: str, key: str, values: tuple[str, ...]) -> list[Test]:
    """One condition. Where every value has to pass, AWS lets an absent key pass: it must exist.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    there = [Test("Null", key, ("false",))] if operator.startswith(EVERY) else []
    return [Test(operator, key, values), *there]
