"""Join the stacks of an environment into one system, as a linker joins object files.

The linker replaces every import with the exporting stack's expression, and puts the tier's
name before every logical id. It takes and returns plain dictionaries and knows no tier, so
it links the stacks of every project.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from cfnlink.aws.catalogue import resource_type
from cfnlink.system.expressions import VARIABLE, at, mapping, references
from cfnlink.system.fold import Folding
from cfnlink.system.fold_functions import pieces
from cfnlink.system.macros import NOTE, Macros
from cfnlink.system.nested import join_nested, nested_values
from cfnlink.system.parameter_values import is_export_name, parameter_faults, with_value
from cfnlink.system.resource import Body, Link, Owner, Path, Problem, System


@dataclass(frozen=True)
class StackTemplate:
    """One stack as deployed.

    `parameters` are fixed values; `origins` says what states one, if not the manifest.
    `capabilities` are those in the manifest, or None if it states none. `parts` names the
    logical id of each part for the operations. A nested stack has its parent's tier, and its
    own logical id in it, as `parent`.
    """

    tier: str
    name: str
    template: Body
    parameters: Mapping[str, Any] = field(default_factory=dict)
    capabilities: tuple[str, ...] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    parent: tuple[str, str] | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def folding(self) -> Folding:
        """Return the constants of the stack, in its own names."""
        known = {**self.parameters, "AWS::StackName": self.name}
        return Folding(self.template, known, is_exact=True)

    @cached_property
    def macros(self) -> Macros:
        """Return what the stack's macros leave unknown, and its template without loops."""
        return Macros(self.folding)

    def section(self, name: str) -> Body:
        """Return a section of the template as CloudFormation reads it, as far as known."""
        section = mapping(self.macros.template.get(name))
        return {key: body for key, body in section.items() if not str(key).startswith("Fn::")}


AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
SAME_FOR_ALL_STACKS = ("AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix")


def link(
    stacks: list[StackTemplate],
    known: Mapping[str, str] | None = None,
    *,
    is_complete: bool = True,
) -> System:
    """Link stacks given in deployment order, and collect what cannot be linked as problems.

    What a macro of a stack makes is unknown, and the rest of the stack is linked.
    known: the pseudo parameters that the region and the account determine.
    is_complete: no other stack may hold what is missing here.
    """
    linker = _Linker(stacks)
    if is_complete:
        linker.template["Metadata"]["Linked"] = [stack.name for stack in stacks]
    return linker.system(known)


def system_id(tier: str, logical_id: str) -> str:
    """Return a logical id after its tier's name: load-balancer, Listener ->
    LoadBalancerListener."""
    words = re.split(r"[^A-Za-z0-9]+", tier)
    return "".join(word[:1].upper() + word[1:] for word in words) + str(logical_id)


@dataclass
class _Export:
    stack: StackTemplate
    path: Path
    value: Any  # None if a macro makes what it names
    is_described: bool
    used: bool = False


class _Linker:
    """The state of one link: exports so far, links and problems."""

    def __init__(self, stacks: list[StackTemplate]) -> None:
        self.stacks = stacks
        self.opaque = any(map(_has_unknown_export, stacks))
        self.exports: dict[str, _Export] = {}
        self.later: dict[str, StackTemplate] = {}
        self.conditional: dict[str, tuple[StackTemplate, str]] = {}
        self.links: list[Link] = []
        self.problems: list[Problem] = []
        self.owners: dict[str, Owner] = {}
        self.names: dict[str, dict[str, str]] = {stack.tier: {} for stack in stacks}
        self.template: Body = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Metadata": {},
        }

    def system(self, known: Mapping[str, str] | None) -> System:
        for stack in self.stacks:
            for _, name, body in exports(stack):
                if stack.folding.exists(body):
                    self.later.setdefault(name, stack)
                else:
                    self.conditional[name] = stack, body["Condition"]
        for stack in self.stacks:
            self._check_manifest(stack)
        for stack in self.stacks:
            self._add(stack)
        for name, export in self.exports.items():
            if not export.used and not export.is_described:
                message = (
                    f"no stack imports {name}; leave the export out, or say in the "
                    "output's Description for which stack it is"
                )
                self._problem("I9006", export.stack, export.path, message)
        self.template.setdefault("Resources", {})
        join_nested(self.template, self._nested_values())
        links, problems = tuple(self.links), tuple(self.problems)
        parts = {
            part: system_id(stack.tier, logical_id)
            for stack in self.stacks
            for part, logical_id in stack.parts.items()
        }
        return System(
            self.template, self.owners, links, problems, parts, known=known, names=self.names
        )

    def joined(self, stack: StackTemplate, name: str) -> str:
        """Return the system's name of what a stack names, and keep the stack's name."""
        joined = system_id(stack.tier, name)
        self.names[stack.tier][joined] = str(name)
        return joined

    def _check_manifest(self, stack: StackTemplate) -> None:
        """Report what the manifest gives a stack and CloudFormation refuses."""
        parameters = mapping(stack.template.get("Parameters"))
        faults = parameter_faults(
            parameters, stack.parameters, self._passed(stack), stack.origins
        )
        for code, path, message in faults:
            self._problem(code, stack, path, message)
        for output, name, _ in exports(stack):
            if not is_export_name(name):
                message = (
                    f"{name}: an export's name has letters, digits, colons and hyphens only"
                )
                self._problem("E9024", stack, ("Outputs", output, "Export", "Name"), message)
        given = stack.capabilities
        if stack.macros and given is not None and AUTO_EXPAND not in given:
            fix = f"a deployment without a change set needs {AUTO_EXPAND} in its capabilities"
            self._problem("W9025", stack, ("Transform",), f"the template has a macro: {fix}")

    def _passed(self, stack: StackTemplate) -> set[str]:
        """Return the parameters to which each release or the parent stack gives a value."""
        released = {name for part, name in stack.parts.items() if part == "image_tag"}
        if stack.parent is None:
            return released
        tier, logical_id = stack.parent
        parent = next(each.template for each in self.stacks if each.tier == tier)
        given = at(parent, "Resources", logical_id, "Properties", "Parameters")
        return released | {*mapping(given)}

    def _nested_values(self) -> Body:
        """Return what the nested stacks take from their parents and give them."""
        found: Body = {}
        for stack in self.stacks:
            if stack.parent is not None:
                own = {
                    n: system_id(stack.tier, n)
                    for n in mapping(stack.template.get("Parameters"))
                }
                outputs = {
                    name: at(self.template, "Outputs", system_id(stack.tier, name), "Value")
                    for name in mapping(stack.template.get("Outputs"))
                }
                parent = system_id(*stack.parent)
                found |= nested_values(self.template, parent, own, outputs)
        return found

    def _add(self, stack: StackTemplate) -> None:
        """Add one stack: its sections first, then its exports."""
        scope = _Scope(stack, self)
        for section in ("Parameters", "Mappings", "Conditions", "Rules"):
            for name, body in stack.section(section).items():
                content = scope.rewrite(body, (section, name))
                if section == "Parameters" and name in stack.parameters:
                    content = with_value(content, stack.parameters[name])
                self.template.setdefault(section, {})[self.joined(stack, name)] = content
        for logical_id, body in stack.section("Resources").items():
            self._add_resource(scope, logical_id, body)
        for name, body in stack.section("Outputs").items():
            content = scope.within(body).output(body, name)
            self.template.setdefault("Outputs", {})[self.joined(stack, name)] = content
        for output, name, body in exports(stack):
            if stack.folding.exists(body):
                self._add_export(scope, output, name, body)
        self._add_unknown(stack)

    def _add_unknown(self, stack: StackTemplate) -> None:
        """Note what the macros of a stack may change or add, for the stacks after it."""
        self.opaque = self.opaque or stack.macros.adds("Outputs")
        if not stack.macros:
            return
        note = self.template["Metadata"].setdefault(NOTE, {"used": [], "changed": []})
        changed, used = stack.macros.changed(), stack.macros.used()
        note["changed"] += sorted(system_id(stack.tier, name) for name in changed)
        joined = {system_id(stack.tier, name) for name in used}
        bodies = [at(self.template, "Resources", name) for name in joined]
        note["used"] += sorted(joined | {name for name, _ in references(bodies)})
        note["is_whole"] = note.get("is_whole", True) and not stack.macros.adds("Resources")

    def _add_resource(self, scope: "_Scope", logical_id: str, body: Any) -> None:
        stack = scope.stack
        joined = self.joined(stack, logical_id)
        if joined in self.owners:
            other = self.owners[joined]
            message = (
                f"{logical_id} and {other.logical_id} of {other.stack} have one name after "
                "the names of their tiers; rename one of them or its tier"
            )
            self._problem("E9005", stack, ("Resources", logical_id), message)
            return
        self._check_capability(stack, logical_id, body)
        content = scope.within(body).resource(body, logical_id)
        self.owners[joined] = Owner(stack.tier, stack.name, logical_id)
        self.template.setdefault("Resources", {})[joined] = content

    def _check_capability(self, stack: StackTemplate, logical_id: str, body: Any) -> None:
        row, given = resource_type(str(at(body, "Type"))), stack.capabilities
        asked = "CAPABILITY_IAM" if stack.macros.makes_role(body) else row.capability
        if given is None or not asked or "CAPABILITY_NAMED_IAM" in given:
            return
        named = row.capability and row.named_by and at(body, "Properties", row.named_by)
        needed = "CAPABILITY_NAMED_IAM" if named else asked
        if needed not in given:
            message = f"{logical_id} needs {needed}; add it to the stack's capabilities"
            self._problem("E9007", stack, ("Resources", logical_id, "Type"), message)

    def _add_export(self, scope: "_Scope", output: str, name: str, body: Body) -> None:
        path: Path = ("Outputs", output, "Export", "Name")
        if name in self.exports:
            other = self.exports[name].stack.name
            message = f"{name} is exported by {other} already; choose another name"
            self._problem("E9002", scope.stack, path, message)
            return
        value = self.template["Outputs"][system_id(scope.stack.tier, output)].get("Value")
        made = any(scope.stack.macros.is_made(n) for n, _ in references(body.get("Value")))
        said = bool(body.get("Description"))
        self.exports[name] = _Export(scope.stack, path, None if made else value, said)

    def keep_name(self, name: Any) -> None:
        """Keep the expression of an import's or export's name, which uses parameters."""
        if any(references(name)):
            self.template["Metadata"].setdefault("Names", []).append(name)

    def imported(self, scope: "_Scope", name: str | None, path: Path, whole: Body) -> Any:
        """Return the expression behind an import, or the import if there is none."""
        if name is None:
            return whole
        export = self.exports.get(name)
        stack = scope.stack
        if export is None:
            self._missing_export(stack, name, path)
            return whole
        export.used = True
        producer = next((name for name, _ in references(export.value)), export.stack.name)
        consumer = system_id(stack.tier, str(path[1]))
        exporter, output = export.stack.tier, str(export.path[1])
        link_ = Link(name, producer, consumer, path, stack.tier, exporter, output)
        self.links.append(link_)
        return whole if export.value is None else export.value

    def _missing_export(self, stack: StackTemplate, name: str, path: Path) -> None:
        if name in self.later:
            message = (
                f"{name} is exported by {self.later[name].name}, not deployed before "
                f"{stack.name}; deploy it earlier, or reverse the dependency"
            )
            self._problem("E9003", stack, path, message)
        elif name in self.conditional:
            exporter, condition = self.conditional[name]
            message = (
                f"{exporter.name} exports {name} only under the condition {condition}, which "
                "its parameters make false; change a parameter, or import nothing then"
            )
            self._problem("E9020", stack, path, message)
        elif not self.opaque:
            near = get_close_matches(name, self.later, 1)
            hint = f"; did you mean {near[0]}?" if near else "; export it in an earlier stack"
            self._problem("E9001", stack, path, f"no stack exports {name}{hint}")

    def _problem(self, code: str, stack: StackTemplate, path: Path, message: str) -> None:
        self.problems.append(Problem(code, stack.tier, stack.name, path, message))


@dataclass(frozen=True)
class _Scope:
    """One stack's names; it rewrites the stack's expressions into those of the system."""

    stack: StackTemplate
    linker: _Linker
    exists: bool = True  # outside a branch or a resource whose condition is false

    def within(self, body: Any) -> "_Scope":
        """Return the scope of a resource or an output."""
        return replace(self, exists=self.stack.folding.exists(body))

    def resource(self, body: Any, logical_id: str) -> Any:
        """Return a resource in the system's names, with its attributes and properties."""
        path: Path = ("Resources", logical_id)
        if not isinstance(body, dict):
            return body
        content = {key: self.rewrite(value, (*path, key)) for key, value in body.items()}
        if isinstance(body.get("Condition"), str):
            content["Condition"] = self._id(body["Condition"])
        if isinstance(body.get("DependsOn"), str):
            content["DependsOn"] = self._id(body["DependsOn"])
        if isinstance(body.get("DependsOn"), list):
            content["DependsOn"] = [
                self._id(name) if isinstance(name, str) else name for name in body["DependsOn"]
            ]
        return content

    def output(self, body: Any, name: str) -> Any:
        """Return an output in the system's names."""
        if not isinstance(body, dict):
            return body
        content = {
            key: self.rewrite(value, ("Outputs", name, key)) for key, value in body.items()
        }
        if isinstance(body.get("Condition"), str):
            content["Condition"] = self._id(body["Condition"])
        return content

    def rewrite(self, node: Any, path: Path) -> Any:
        """Return an expression in the system's names, with imports replaced."""
        if isinstance(node, dict):
            if len(node) == 1:
                ((name, argument),) = node.items()
                if name in FUNCTIONS:
                    return FUNCTIONS[name](self, argument, path)
            return {key: self.rewrite(value, (*path, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self.rewrite(value, (*path, index)) for index, value in enumerate(node)]
        return node

    def ref(self, name: Any, _: Path) -> Any:
        if name == "AWS::StackName":
            return self.stack.name
        return {"Ref": self._name(name)}

    def get_att(self, argument: Any, path: Path) -> Any:
        if isinstance(argument, str):
            head, dot, tail = argument.partition(".")
            return {"Fn::GetAtt": [self._id(head), tail] if dot else argument}
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            rest = [self.rewrite(part, (*path, "Fn::GetAtt")) for part in argument[1:]]
            return {"Fn::GetAtt": [self._id(argument[0]), *rest]}
        return {"Fn::GetAtt": argument}

    def sub(self, argument: Any, path: Path) -> Any:
        text, variables = argument, {}
        if isinstance(argument, list) and len(argument) == 2:
            text, variables = argument
        if not isinstance(text, str) or not isinstance(variables, dict):
            return {"Fn::Sub": argument}
        own = {
            key: self.rewrite(value, (*path, "Fn::Sub", 1, key))
            for key, value in variables.items()
        }
        written, text = text, VARIABLE.sub(lambda match: self._variable(match[1], own), text)
        if not VARIABLE.search(text) and VARIABLE.search(written):
            return text.replace("${!", "${")  # a Sub without variables is only text
        return {"Fn::Sub": [text, own] if own else text}

    def _variable(self, name: str, own: Body) -> str:
        if name == "AWS::StackName":
            return self.stack.name
        if name in own:
            return f"${{{name}}}"
        head, dot, attribute = name.partition(".")
        return f"${{{self._name(head)}{dot}{attribute}}}"

    def import_value(self, argument: Any, path: Path) -> Any:
        whole = {"Fn::ImportValue": self.rewrite(argument, path)}
        self.linker.keep_name(whole["Fn::ImportValue"])
        if not self.exists:
            return whole
        name = literal(argument, self.stack)
        return self.linker.imported(self, name, path, whole)

    def if_(self, argument: Any, path: Path) -> Any:
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            chosen = self.stack.folding.condition(argument[0])
            rest = [
                replace(self, exists=self.exists and chosen is not (index == 2)).rewrite(
                    part, (*path, "Fn::If", index)
                )
                for index, part in enumerate(argument[1:], 1)
            ]
            return {"Fn::If": [self._id(argument[0]), *rest]}
        return {"Fn::If": argument}

    def find_in_map(self, argument: Any, path: Path) -> Any:
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            rest = [self.rewrite(part, (*path, "Fn::FindInMap")) for part in argument[1:]]
            return {"Fn::FindInMap": [self._id(argument[0]), *rest]}
        return {"Fn::FindInMap": self.rewrite(argument, path)}

    def condition(self, name: Any, path: Path) -> Any:
        """Return an expression of a condition in the system's names.

        Outside conditions a property may have the key Condition.
        """
        if path[0] in ("Conditions", "Rules") and isinstance(name, str):
            return {"Condition": self._id(name)}
        return {"Condition": self.rewrite(name, (*path, "Condition"))}

    def _name(self, name: Any) -> Any:
        """Return the system's name of a resource or parameter; pseudo parameters stay."""
        return name if not isinstance(name, str) or name.startswith("AWS::") else self._id(name)

    def _id(self, logical_id: str) -> str:
        return self.linker.joined(self.stack, logical_id)


FUNCTIONS: dict[str, Callable[[_Scope, Any, Path], Any]] = {
    "Ref": _Scope.ref,
    "Fn::GetAtt": _Scope.get_att,
    "Fn::Sub": _Scope.sub,
    "Fn::ImportValue": _Scope.import_value,
    "Fn::If": _Scope.if_,
    "Fn::FindInMap": _Scope.find_in_map,
    "Condition": _Scope.condition,
}


def literal(node: Any, stack: StackTemplate) -> str | None:
    """Return the text of an expression, or None if only AWS knows it.

    A pseudo parameter with one value for all stacks of an environment, such as the region,
    keeps its own text: export and import then still match.
    """
    parts = pieces(stack.folding.value(node))
    known = [
        f"${{{part['Ref']}}}" if at(part, "Ref") in SAME_FOR_ALL_STACKS else part
        for part in parts or [None]
    ]
    return "".join(known) if all(isinstance(part, str) for part in known) else None


def exports(stack: StackTemplate) -> Iterator[tuple[str, str, Body]]:
    """Yield the outputs that a stack exports, with the export names that are known."""
    for output, body in stack.section("Outputs").items():
        export = body.get("Export") if isinstance(body, dict) else None
        name = literal(export.get("Name"), stack) if isinstance(export, dict) else None
        if name is not None:
            yield output, name, body


def _has_unknown_export(stack: StackTemplate) -> bool:
    """Whether a stack exports something under a name that only AWS knows."""
    bodies = stack.section("Outputs").values()
    names = [at(body, "Export", "Name") for body in bodies if isinstance(body, dict)]
    return any(name is not None and literal(name, stack) is None for name in names)
