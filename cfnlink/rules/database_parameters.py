"""Parameter groups of PostgreSQL and their instances."""

import re
from difflib import get_close_matches
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import must_not_be_literal
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.expressions import number
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
POSTGRESQL = facts("postgresql")
LISTS = POSTGRESQL["parameters"]
LIST_DOCS = POSTGRESQL["sources"]["parameters"]["url"]
GROUP = "AWS::RDS::DBParameterGroup"
KNOWN = {name for kind, names in LISTS.items() if kind != "aurora" for name in names}
VALUES = {
    r"log_min_duration_.*|idle_.*|(statement|lock)_timeout|(maintenance_)?work_mem|"
    r"max_connections|temp_buffers|max_wal_senders": r"-?\d+",
    r"rds\.(force_ssl|logical_replication)": "[01]",
    r"log_(dis)?connections|log_checkpoints|log_lock_waits|log_duration|autovacuum": (
        "[01]|on|off|true|false"
    ),
    "log_statement": "none|ddl|mod|all",
}


@rule("E9202", "AWS::RDS::DBInstance", f"{GUIDE}USER_WorkingWithParamGroups.html")
def parameter_family_is_of_the_version(instance: Resource) -> Faults:
    """The parameter group's family is that of the engine's version.
    RDS rejects a parameter group whose family is not that of the engine's major version:
    change Family together with EngineVersion."""
    name, group = "DBParameterGroupName", instance.target("DBParameterGroupName")
    engine, version = instance.get("Engine"), instance.text("EngineVersion") or ""
    default = re.fullmatch(r"default\.(.*)", str(instance.get(name)))
    family = default[1] if default else group.text("Family") if group else None
    if engine not in ("postgres", "mysql", "mariadb") or not family or "$" in family:
        return
    major = re.match(r"\d\d", version) if engine == "postgres" else None
    right = rf"postgres{major[0]}" if major else rf"{engine}\d+(\.\d+)?"
    if not re.fullmatch(right, family):
        yield [name], f"the family {family} is not that of {engine} {version}; use its own"


def parameters(group: Resource) -> dict[str, str]:
    """The literal parameters of a group of PostgreSQL, lower-cased values."""
    found = group.get("Parameters") if "postgres" in str(group.get("Family")) else None
    return {
        str(name): "{" if isinstance(value, (dict, list)) else str(value).lower()
        for name, value in (found if isinstance(found, dict) else {}).items()
    }


@rule("E9296", GROUP, LIST_DOCS, formerly="E9203")
def parameter_value_has_its_type(group: Resource) -> Faults:
    """The value of a parameter has the type of the parameter.
    RDS rejects text where it expects a number or a switch."""
    for name, value in parameters(group).items():
        for pattern, values in VALUES.items():
            takes = re.fullmatch(values, value) or "{" in value
            if re.fullmatch(pattern, name) and not takes:
                yield ["Parameters", name], f"{name} cannot be {value}; it takes {values}"


@rule("E9297", GROUP, LIST_DOCS, formerly="E9203")
def parameter_is_in_its_family(group: Resource) -> Faults:
    """Parameters exist in their family.
    RDS rejects a parameter that the family does not have: use the engine's names."""
    for name in parameters(group) if group.get("Family") == "postgres15" else ():
        prefix, dot, _ = name.lower().partition(".")
        extension = dot and prefix in POSTGRESQL["extension_prefixes"]
        if name.lower() in KNOWN or extension:
            continue
        near = get_close_matches(name.lower(), sorted(KNOWN), 1, 0.8)
        if name in LISTS["aurora"] or near or not dot:
            hint = f"did you mean {near[0]}?" if near else "remove it"
            yield ["Parameters", name], f"postgres15 has no parameter {name}; {hint}"


@rule("W9204", GROUP, f"{GUIDE}PostgreSQL.Concepts.General.SSL.html")
def database_requires_tls(group: Resource) -> Faults:
    """The database requires TLS.
    With rds.force_ssl 0 the database accepts connections without encryption: leave it at 1,
    the default from version 15."""
    value = parameters(group).get("rds.force_ssl")
    old = re.fullmatch(r"postgres(9.*|1[0-4])", str(group.get("Family")))
    if value in ("0", "false") or (value is None and old):
        path = ["Parameters", "rds.force_ssl"] if value else []
        yield path, f"{group.name} takes plain connections; set rds.force_ssl to 1"


def logs_nearly_all(group: Resource) -> bool:
    """Whether a group of PostgreSQL logs each statement that takes longer than a moment."""
    slow = number(parameters(group).get("log_min_duration_statement"))
    return slow is not None and 0 <= slow < 100


# fmt: off
fast_statements_are_not_logged = property_rule(
    "W9291", GROUP, "Parameters.log_min_duration_statement", must_not_be_literal,
    good="A database logs slow statements only.",
    why="A log of each statement fills the disk and writes data into logs.",
    only_if=logs_nearly_all, fix="that logs nearly all; use 1000, or -1 for none",
    docs=LIST_DOCS, formerly="W9240",
)
# fmt: on


@rule("W9292", GROUP, LIST_DOCS, formerly="W9240")
def connections_fit_into_the_memory(group: Resource) -> Faults:
    """A small instance does not accept a thousand connections.
    Each connection takes memory that a small class lacks."""
    most = number(parameters(group).get("max_connections"))
    classes: dict[str, Any] = facts("instance_classes")["classes"]
    for instance in group.used_by("AWS::RDS::DBInstance"):
        memory = classes.get(str(instance.get("DBInstanceClass")), {}).get("memory_gib", 4)
        if most is not None and most > 1000 and memory < 4:
            what = f"{instance.name} has {memory} GiB, too little for {most:.0f}; lower it"
            yield ["Parameters", "max_connections"], what


@rule("W9293", GROUP, LIST_DOCS, formerly="W9240")
def preloaded_libraries_exist(group: Resource) -> Faults:
    """RDS has the libraries that a group preloads.
    RDS rejects the name of a library that it does not have."""
    known = POSTGRESQL["preloadable"] + POSTGRESQL["preloadable_unsure"]
    given = parameters(group).get("shared_preload_libraries", "")
    for library in re.split(r"[\s,]+", given.strip(" ,'")):
        if re.fullmatch(r"\w+", library) and library not in known:
            yield ["Parameters", "shared_preload_libraries"], f"RDS has no library {library}"
