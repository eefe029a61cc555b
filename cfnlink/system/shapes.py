"""Shapes: what a reference gives and what its place takes, by the schemas of the resources.

A reference gives an ARN, a URL, or a bare id or name: Ref gives the type's primary identifier,
and an attribute gives what its name says. A place takes what its name, its pattern and its
description in the schema say. The catalogue has only what the schemas do not know (`forms`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from cfnlink.aws.catalogue import facts, resource_type, values_of
from cfnlink.aws.schemas import primary_identifier, property_schema, schema, types_of_noun
from cfnlink.system.expressions import VARIABLE, references, spelled
from cfnlink.system.resource import Path, Resource, System

Form = Literal["ARN", "URL", "id or name"]
BARE: Form = "id or name"
SAMPLES: dict[Form, str] = {
    "ARN": "arn:aws:service:us-east-1:111122223333:kind/one",
    "URL": "https://one.us-east-1.amazonaws.com/111122223333/two",
    BARE: "some-name",
}
ENDING = re.compile(r"(Arn|ARN|Url|URL|Uri|URI|Name|Id|ID|Identifier)(s?)$")
FORMS: dict[str, Form] = {"arn": "ARN", "url": "URL", "uri": "URL"}
SAYS_ARN = re.compile(r"\bARNs?\b|Amazon Resource Name|resource name", re.IGNORECASE)
SAYS_NAME = re.compile(r"(The )?(name|ID)s? of\b(?!.*\bARN)")
WORD = r"\b(name|id|identifier)s?\b"
SAYS_BARE = re.compile(rf"{WORD}[^.(]{{0,40}}\bor\b|\bor\b[^.]{{0,40}}{WORD}", re.IGNORECASE)
JOINED = re.compile(r"[^,{}\s]*\$\{[^{}]+\}\s*[,|;]\s*\S.*|[a-z]+-[0-9a-f]{8,}[,|;][a-z]+-.*")


class Given(NamedTuple):
    """What one reference gives: its form, its resource, and how it is written."""

    form: Form
    resource: Resource
    how: str

    def __str__(self) -> str:
        """Return how a person writes the reference."""
        way = "Ref" if self.how == "Ref" else f"GetAtt {self.how}"
        return f"{way} of {self.resource.name} ({self.resource.type})"

    @property
    def noun(self) -> str:
        """The kind of thing that it names, such as targetgroup; empty if it is not known."""
        name = primary_identifier(self.resource.type) if self.how == "Ref" else self.how
        bare = ENDING.sub("", (name or "").rpartition(".")[2]).lower()
        own = self.resource.type.rpartition("::")[2].lower()
        return own if own.endswith(bare) else noun(f"{bare}Id")


class Place(NamedTuple):
    """What the place of a value takes."""

    name: str
    forms: tuple[Form, ...]
    about: dict[str, Any]
    is_own_name: bool
    is_entry: bool = False  # of a list

    @property
    def takes_one(self) -> bool:
        """Whether it takes one id, name or ARN: no list, and no text with commas."""
        says = str(self.about.get("description", "")).lower()
        found = ENDING.search(self.name)
        single = found is not None and (self.is_entry or not found[2])
        many = "comma" in says or "multiple" in says
        return self.about.get("type") == "string" and single and not many

    def misfits(self, value: Given) -> bool:
        """Whether the place takes another kind of thing than a reference gives."""
        wanted, found = noun(self.name), value.noun
        if not found or self.is_own_name:
            return False
        alike = wanted.endswith(found) or found.endswith(wanted)
        related = found in facts("shapes")["stands_for"].get(wanted, ())
        return bool(wanted) and not alike and not related


@cache
def noun(name: str) -> str:
    """Return the kind of thing that the name of a property names, in lower case.

    SourceSecurityGroupIds names a securitygroup. It is empty if the name says no kind.
    """
    bare = ENDING.sub("", name)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", bare)
    ends = [bare.removesuffix("s")] if bare == name else ["".join(words[n:]) for n in range(9)]
    found = next((end.lower() for end in ends if end and types_of_noun(end)), "")
    return "" if found in facts("shapes")["generic_nouns"] else found


def parts(system: System, value: Any) -> Iterator[tuple[str, Given | None]]:
    """Yield each reference in a value, with the text before it."""
    text = spelled(value) or ""
    for found in VARIABLE.finditer(text):
        yield text[: found.start()], given(system, found[1])


def given(system: System, variable: str) -> Given | None:
    """Return what NAME or NAME.Attribute gives; None if only AWS knows it."""
    name, _, attribute = variable.partition(".")
    resource = system.resources.get(name)
    form = form_of(resource.type, attribute or "Ref") if resource else None
    return Given(form, resource, attribute or "Ref") if resource and form else None


@cache
def form_of(type_: str, how: str) -> Form | None:
    """Return the form that Ref or an attribute of a type gives; None if it is not known."""
    known = values_of(type_).forms
    if how in known:
        return known[how]
    if type_ in facts("shapes")["opaque_types"]:
        return None
    name = primary_identifier(type_) if how == "Ref" else how
    found = name and ENDING.search(name)
    if not found or found[2] or property_schema(type_, (name,)) is None:
        return None
    return FORMS.get(found[1].lower(), BARE)


def place(type_: str, path: Path) -> Place | None:
    """Return what a property takes; None if the schema does not say."""
    found = property_schema(type_, path)
    names = [part for part in path if isinstance(part, str)]
    if found is None or not names:
        return None
    forms = tuple(form for form in SAMPLES if _takes(names[-1], found, form))
    if takes_host(type_, path):
        forms = (BARE,)
    own = resource_type(type_).named_by or primary_identifier(type_)
    is_own_name = path == (own,) and noun(names[-1]) in ("", type_.rpartition("::")[2].lower())
    is_entry = isinstance(path[-1], int)
    return Place(names[-1], forms or tuple(SAMPLES), found, is_own_name, is_entry)


def takes_host(type_: str, path: Path) -> bool:
    """Whether a property takes a host."""
    known = facts("shapes")["hosts"].get(type_, ())
    return bool(known) and ".".join("*" if isinstance(p, int) else p for p in path) in known


def is_opaque(resource: Resource) -> bool:
    """Whether only AWS knows what a reference to a resource gives."""
    return resource.is_opaque or not schema(resource.type)


def _takes(name: str, about: dict[str, Any], form: Form) -> bool:
    """Whether a property takes a form, by its name, its pattern and its description."""
    pattern, says = str(about.get("pattern", "")), str(about.get("description", ""))
    found, kind = ENDING.search(name), noun(name)
    wanted = FORMS.get(found[1].lower(), BARE) if found else None
    if kind and SAYS_NAME.match(says):
        wanted = BARE
    fits = bool(pattern) and _fits(about, SAMPLES[form])
    if form == wanted:
        return fits or wanted != BARE or not pattern.startswith(("^arn:", "arn:"))
    if fits or (form == "ARN" and (SAYS_ARN.search(says) or "arn" in pattern)):
        return True
    if form != "ARN" and (wanted == "ARN" or (kind and SAYS_ARN.search(says))):
        return bool(SAYS_BARE.search(says)) or "URL" in says
    loose = wanted is None or (wanted == BARE and not (says and kind))
    return loose and not pattern


def _fits(about: dict[str, Any], sample: str) -> bool:
    """Whether a text has the length and the form that a schema asks for."""
    least, most = about.get("minLength", 0), about.get("maxLength", 2048)
    try:
        return least <= len(sample) <= most and bool(re.search(about["pattern"], sample))
    except re.error:
        return True


def places(resource: Resource) -> Iterator[tuple[Path, Path, Any]]:
    """Yield the values with references: path, path of the place in the schema, and value."""
    seen = set()
    for _, path in references(resource.properties):
        own = _whole(path)
        if own not in seen:
            seen.add(own)
            yield own, _without_if(own), resource.expression(*own)


def _whole(path: Path) -> Path:
    """Return the part of a path that leads to a whole value; a branch of Fn::If is one."""
    for n, part in enumerate(path):
        if str(part).startswith("Fn::") and part != "Fn::If":
            return path[:n]
    return path


def _without_if(path: Path) -> Path:
    return tuple(
        part
        for n, part in enumerate(path)
        if part != "Fn::If" and (n == 0 or path[n - 1] != "Fn::If")
    )


def is_joined(value: Any) -> bool:
    """Whether a value is several ids or names in one text, with commas between them."""
    return bool(JOINED.fullmatch(spelled(value) or ""))


@lru_cache(maxsize=2)  # a rule asks for each resource
def read_attributes(system: System) -> dict[str, set[str]]:
    """Return the attributes of each resource that are read under no condition."""
    outputs = system.template.get("Outputs")
    bodies = [one.body for one in system.of()]
    bodies += outputs.values() if isinstance(outputs, dict) else ()
    found: dict[str, set[str]] = defaultdict(set)
    for body in bodies:
        if isinstance(body, dict) and "Condition" not in body:
            for name, attribute in attribute_reads(body):
                found[name].add(attribute)
    return found


def attribute_reads(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the names and attributes that GetAtt and Sub read in a node, outside Fn::If."""
    if isinstance(node, list):
        for value in node:
            yield from attribute_reads(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "Fn::GetAtt":
                name, _, attribute = (spelled(node) or "")[2:-1].partition(".")
                yield name, attribute
            elif key == "Fn::Sub" and (whole := spelled(node)):
                yield from (found.partition(".")[::2] for found in VARIABLE.findall(whole))
            elif key != "Fn::If":
                yield from attribute_reads(value)


def disagreements(resource: Resource, *, sure: bool) -> Iterator[tuple[list[Any], str]]:
    """Yield the references to a resource that does not fit this one, and why."""
    for row in facts("shapes")["agreements"]:
        if row["from"] != resource.type or row["sure"] is not sure:
            continue
        for path, other in resource.references_from(row["path"]):
            name = row.get("refuses") or row["equals"]
            there, here = _flag(other, name), _flag(resource, name)
            wanted = here if "equals" in row else False
            lifted = any(_lifts(resource, path[:-1], one) for one in row.get("unless", ()))
            if None not in (there, wanted) and there is not wanted and not lifted:
                state = "" if there else "not "
                yield path, f"{row['why']}, and {other.name} is {state}{name}; join another"


def _flag(resource: Resource, name: str) -> bool | None:
    return False if resource.is_missing(name) else resource.flag(name)


def _lifts(resource: Resource, beside: list[Any], condition: str) -> bool:
    """Whether a condition of an agreement lifts its demand, or may lift it."""
    if ">" in condition:
        reference, _, name = condition.partition(">")
        other = resource.target(*beside, reference)
        return other is None or other.flag(name) is True
    name, _, value = condition.partition("=")
    given = resource.expression(*beside, name)
    return given is not None and value in ("", given if isinstance(given, str) else "")
