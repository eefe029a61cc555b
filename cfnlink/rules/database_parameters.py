"""Parameter groups of PostgreSQL and their instances."""

import re
from difflib import get_close_matches

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import must_not_be_literal, none_of
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.expressions import number
from cfnlink.system.template import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
POSTGRESQL = facts("postgresql")
LISTS = POSTGRESQL["parameters"]
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
def family_fits_version(instance: Resource) -> Faults:
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


@rule("E9203", "AWS::RDS::DBParameterGroup", POSTGRESQL["sources"]["parameters"]["url"])
def parameters_exist(group: Resource) -> Faults:
    """Parameters exist in their family, and their values have the right type.
    RDS rejects a parameter that the family does not have, and text where it expects a number
    or a switch: use the engine's names and values."""
    for name, value in parameters(group).items():
        for pattern, values in VALUES.items():
            takes = re.fullmatch(values, value) or "{" in value
            if re.fullmatch(pattern, name) and not takes:
                yield ["Parameters", name], f"{name} cannot be {value}; it takes {values}"
        prefix, dot, _ = name.lower().partition(".")
        extension = dot and prefix in POSTGRESQL["extension_prefixes"]
        if group.get("Family") != "postgres15" or name.lower() in KNOWN or extension:
            continue
        near = get_close_matches(name.lower(), sorted(KNOWN), 1, 0.8)
        if name in LISTS["aurora"] or near or not dot:
            hint = f"did you mean {near[0]}?" if near else "remove it"
            yield ["Parameters", name], f"postgres15 has no parameter {name}; {hint}"


@rule("W9204", "AWS::RDS::DBParameterGroup", f"{GUIDE}PostgreSQL.Concepts.General.SSL.html")
def connections_are_encrypted(group: Resource) -> Faults:
    """The database requires TLS.
    With rds.force_ssl 0 the database accepts connections without encryption: leave it at 1,
    the default from version 15."""
    value = parameters(group).get("rds.force_ssl")
    old = re.fullmatch(r"postgres(9.*|1[0-4])", str(group.get("Family")))
    if value in ("0", "false") or (value is None and old):
        path = ["Parameters", "rds.force_ssl"] if value else []
        yield path, f"{group.name} takes plain connections; set rds.force_ssl to 1"


@rule("W9240", "AWS::RDS::DBParameterGroup", POSTGRESQL["sources"]["parameters"]["url"])
def parameters_are_bearable(group: Resource) -> Faults:
    """Parameters limit logging and connections, and load known libraries.
    A log of each statement fills the disk and writes data into logs. Each connection takes
    memory that a small class lacks. RDS does not load a library that it does not have."""
    given, path = parameters(group), ["Parameters"]
    slow = number(given.get("log_min_duration_statement"))
    all_logged = slow is not None and 0 <= slow < 100
    if "postgres" in str(group.get("Family")):
        yield Row("Parameters.log_statement", none_of("all"), "it logs all data; use ddl")
        cure = "that logs nearly all; use 1000, or -1 for none"
        yield Row(
            "Parameters.log_min_duration_statement", must_not_be_literal, cure, all_logged
        )
    most, classes = (number(given.get("max_connections")), facts("instance_classes")["classes"])
    for instance in group.used_by("AWS::RDS::DBInstance"):
        size = classes.get(str(instance.get("DBInstanceClass")))
        memory = size["memory_gib"] if size else 4
        if most is not None and most > 1000 and memory < 4:
            what = f"{instance.name} has {memory} GiB, too little for {most:.0f}; lower it"
            yield [*path, "max_connections"], what
    known = POSTGRESQL["preloadable"] + POSTGRESQL["preloadable_unsure"]
    libraries = re.split(r"[\s,]+", given.get("shared_preload_libraries", "").strip(" ,'"))
    for library in libraries:
        if re.fullmatch(r"\w+", library) and library not in known:
            yield [*path, "shared_preload_libraries"], f"RDS has no library {library}"
