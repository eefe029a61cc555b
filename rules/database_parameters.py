"""What a parameter group of PostgreSQL holds, and to which instance it belongs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import Fault, Resource, Rule, facts, number

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


class FamilyFitsVersion(Rule):
    """RDS refuses a parameter group of another family than the engine's major version:
    change Family together with EngineVersion."""

    id = "E9202"
    shortdesc = "The parameter group's family is that of the engine's version"
    source_url = f"{GUIDE}USER_WorkingWithParamGroups.html"
    on = ("AWS::RDS::DBInstance",)

    def check(self, resource: Resource) -> Iterator[Fault]:
        name, group = "DBParameterGroupName", resource.target("DBParameterGroupName")
        engine, version = resource.get("Engine"), resource.text("EngineVersion") or ""
        default = re.fullmatch(r"default\.(.*)", str(resource.get(name)))
        family = default[1] if default else group.text("Family") if group else None
        if engine not in ("postgres", "mysql", "mariadb") or not family or "$" in family:
            return
        major = re.match(r"\d\d", version) if engine == "postgres" else None
        right = rf"postgres{major[0]}" if major else rf"{engine}\d+(\.\d+)?"
        if not re.fullmatch(right, family):
            yield [name], f"the family {family} is not that of {engine} {version}; use its own"


class ParameterGroupRule(Rule):
    """A rule about parameter groups of PostgreSQL."""

    on = ("AWS::RDS::DBParameterGroup",)
    source_url = POSTGRESQL["sources"]["parameters"]["url"]

    @staticmethod
    def given(group: Resource) -> dict[str, str]:
        """The literal parameters of a group, lower-cased values."""
        found = group.get("Parameters") if "postgres" in str(group.get("Family")) else None
        return {
            str(name): "{" if isinstance(value, (dict, list)) else str(value).lower()
            for name, value in (found if isinstance(found, dict) else {}).items()
        }


class ParametersExist(ParameterGroupRule):
    """RDS refuses a parameter that the family does not have, and a value of another kind, as
    text where a number or a switch belongs: use the engine's names and values."""

    id = "E9203"
    shortdesc = "Parameters exist in their family, and their values are of their kind"

    def check(self, resource: Resource) -> Iterator[Fault]:
        for name, value in self.given(resource).items():
            for pattern, values in VALUES.items():
                takes = re.fullmatch(values, value) or "{" in value
                if re.fullmatch(pattern, name) and not takes:
                    yield ["Parameters", name], f"{name} cannot be {value}; it takes {values}"
            prefix, dot, _ = name.lower().partition(".")
            extension = dot and prefix in POSTGRESQL["extension_prefixes"]
            if resource.get("Family") != "postgres15" or name.lower() in KNOWN or extension:
                continue
            near = get_close_matches(name.lower(), sorted(KNOWN), 1, 0.8)
            if name in LISTS["aurora"] or near or not dot:
                hint = f"did you mean {near[0]}?" if near else "remove it"
                yield ["Parameters", name], f"postgres15 has no parameter {name}; {hint}"


class ConnectionsAreEncrypted(ParameterGroupRule):
    """With rds.force_ssl 0 the database takes connections in plain text: leave it at 1, its
    default from version 15."""

    id = "W9204"
    shortdesc = "The database insists on TLS"
    source_url = f"{GUIDE}PostgreSQL.Concepts.General.SSL.html"

    def check(self, resource: Resource) -> Iterator[Fault]:
        value = self.given(resource).get("rds.force_ssl")
        old = re.fullmatch(r"postgres(9.*|1[0-4])", str(resource.get("Family")))
        if value in ("0", "false") or (value is None and old):
            path = ["Parameters", "rds.force_ssl"] if value else []
            yield path, f"{resource.name} takes plain connections; set rds.force_ssl to 1"


# fmt: off
LIBRARIES = {
    "auto_explain", "orafce", "pg_bigm", "pg_cron", "pg_hint_plan", "pg_partman_bgw",
    "pg_prewarm", "pg_similarity", "pg_stat_statements", "pg_tle", "pg_transport", "pgactive",
    "pgaudit", "pgcollection", "pglogical", "plprofiler", "plrust", "rdkit", "rdsutils",
}
# fmt: on


class ParametersAreBearable(ParameterGroupRule):
    """Logging each statement fills the disk and writes data into logs, each connection takes
    memory that a small class lacks, and a library that RDS has not is not loaded."""

    id = "W9240"
    shortdesc = "Parameters log, connect and load with measure"

    def check(self, resource: Resource) -> Iterator[Fault]:
        given, path = self.given(resource), ["Parameters"]
        if given.get("log_statement") == "all":
            yield [*path, "log_statement"], "logs each statement with its data; use ddl"
        slow = number(given.get("log_min_duration_statement"))
        if slow is not None and 0 <= slow < 100:
            what = f"{slow:.0f} ms logs nearly all; use 1000, or -1 for none"
            yield [*path, "log_min_duration_statement"], what
        most, classes = (
            number(given.get("max_connections")),
            facts("instance_classes")["classes"],
        )
        for instance, _ in resource.users("AWS::RDS::DBInstance"):
            memory = classes.get(str(instance.get("DBInstanceClass")), {}).get("memory_gib", 4)
            if most is not None and most > 1000 and memory < 4:
                what = f"{instance.name} has {memory} GiB, too little for {most:.0f}; lower it"
                yield [*path, "max_connections"], what
        libraries = re.split(r"[\s,]+", given.get("shared_preload_libraries", "").strip(" ,'"))
        for library in libraries:
            if re.fullmatch(r"\w+", library) and library not in LIBRARIES:
                yield [*path, "shared_preload_libraries"], f"RDS has no library {library}"
