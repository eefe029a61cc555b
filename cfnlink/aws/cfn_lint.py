"""Write cfn_lint.yaml, the lists that cfn-lint's data has: `make lock` runs this module.

cfn-lint renews its data from AWS's API. Reading them takes longer than a build, so the lists
that the settings need are in a file of the catalogue.
"""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("cfn_lint.yaml")
HEAD = """\
# Lists that cfn-lint {version} takes from AWS. `make lock` writes this file: do not edit it.
#   regions             whose resource types cfn-lint knows
#   postgresql          versions that a new database instance can have, oldest first, and the
#                       classes on which AWS has them in any region
#   fargate_memory_mib  the memory of a Fargate task, by its CPU units
#   retention_days      for which a log group can keep its events
"""
WIDTH = 96


def main() -> None:
    """Write the file."""
    FILE.write_text(content(), "utf-8")


def content() -> str:
    """Return the text of the file, from the cfn-lint that is installed."""
    from importlib.metadata import version  # noqa: PLC0415 (a build needs none)

    groups = _classes(_versions())
    parts = [HEAD.format(version=version("cfn-lint")), "regions:", *_list(_regions(), "  ")]
    parts.append("postgresql:")
    for classes, versions in groups.items():
        parts += ["  - versions:", *_list([f"'{each}'" for each in versions], "      ")]
        parts += ["    classes:", *_list(classes, "      ")]
    parts.append("fargate_memory_mib:")
    for cpu, sizes in _fargate_memory().items():
        parts += [f"  {cpu}:", *_list(sizes, "    ")]
    parts += ["retention_days:", *_list(_retention_days(), "  ")]
    return "\n".join(parts) + "\n"


def _list(values: Any, margin: str) -> list[str]:
    """Return a YAML list as lines of a limited width."""
    lines, line = [], f"{margin}["
    for number, value in enumerate(values):
        word = f"{value}{']' if number + 1 == len(values) else ','}"
        if len(line) + len(word) + 1 > WIDTH:
            lines.append(line.rstrip())
            line = f"{margin} "
        line += word + " "
    return [*lines, line.rstrip()]


def _regions() -> list[str]:
    return sorted(file.stem for file in (folder() / "providers").glob("*-*.json"))


def _versions() -> list[str]:
    known = _postgresql("engine_version")[0]["then"]["properties"]["EngineVersion"]["enum"]
    old = _postgresql("engine_version_deprecated")[0]
    gone = old["if"]["properties"]["EngineVersion"]["enum"]
    numbered = [v for v in known if v not in gone and re.fullmatch(r"\d+(\.\d+)+", v)]
    return sorted(numbered, key=lambda text: [int(part) for part in text.split(".")])


def _classes(versions: list[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the versions that are offered on the same classes, by these classes."""
    branches = _postgresql("db_instance_class")
    found: dict[tuple[str, ...], list[str]] = {}
    for each in versions:
        (branch,) = [
            branch
            for branch in branches
            if re.search(branch["if"]["properties"]["EngineVersion"]["pattern"], each)
        ]
        classes = tuple(sorted(branch["then"]["properties"]["DBInstanceClass"]["enum"]))
        found.setdefault(classes, []).append(each)
    return found


def _fargate_memory() -> dict[int, list[int]]:
    pairs = read_schema("extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json")
    sizes = {}
    for pair in pairs["then"]["anyOf"]:
        cpu, memory = (pair["properties"][key]["then"] for key in ("Cpu", "Memory"))
        step = memory.get("multipleOf")
        sizes[int(cpu["enum"][0])] = memory.get("enum") or list(
            range(memory["minimum"], memory["maximum"] + 1, step)
        )
    return sizes


def _retention_days() -> list[int]:
    name = read_schema("providers/us-east-1.json")["AWS::Logs::LogGroup"]
    schema = read_schema(f"resources/{name}.json")
    return list(schema["properties"]["RetentionInDays"]["enum"])


def _postgresql(name: str) -> list[dict[str, Any]]:
    """Return the branches for PostgreSQL of one of cfn-lint's tables for DB instances."""
    branches = read_schema(f"extensions/aws_rds_dbinstance/{name}.json")["allOf"]
    return [b for b in branches if b["if"]["properties"]["Engine"].get("const") == "postgres"]


def read_schema(path: str) -> Any:
    """Return the content of a file of cfn-lint's schemas."""
    return json.loads((folder() / path).read_bytes())


def folder() -> Path:
    """Return the folder of cfn-lint's schemas, without an import of cfn-lint, which is slow."""
    found = find_spec("cfnlint")
    if found is None or found.origin is None:
        message = "cfn-lint is not installed; fix: make build"
        raise LookupError(message)
    return Path(found.origin).parent / "data" / "schemas"


if __name__ == "__main__":
    main()
