"""Bad cases of cfnlink/rules/database_parameters.py."""

from typing import Any

from tests.rules.cases import BadCase
from tests.rules.cases.database import instance

I = "DatabaseInstance"  # noqa: E741
P = "Properties"
PARAMETERS = ("DatabaseParameterGroup", P, "Parameters")


def parameter(rule: str, name: str, value: Any) -> BadCase:
    """A parameter of the parameter group."""
    return BadCase(rule, {(*PARAMETERS, name): value}, (*PARAMETERS, name))


BAD_CASES = [
    BadCase(
        "E9202",
        {("DatabaseParameterGroup", P, "Family"): "postgres16"},
        (I, P, "DBParameterGroupName"),
    ),
    BadCase(
        "E9202",
        {("DatabaseParameterGroup", P, "Family"): "aurora-postgresql15"},
        (I, P, "DBParameterGroupName"),
    ),
    instance("E9202", DBParameterGroupName="default.postgres14"),
    instance("E9202", ("DBParameterGroupName",), EngineVersion="16.4"),
    parameter("E9203", "log_min_duration_statment", "1000"),
    parameter("E9203", "rds.force_tls", "1"),
    parameter("E9203", "slow_query_log", "1"),
    parameter("E9203", "rds.babelfish_status", "on"),
    parameter("E9203", "log_min_duration_statement", "1s"),
    parameter("E9203", "rds.force_ssl", "on"),
    parameter("E9203", "log_statement", "everything"),
    parameter("W9204", "rds.force_ssl", "0"),
    parameter("W9240", "log_statement", "all"),
    parameter("W9240", "log_min_duration_statement", "50"),
    parameter("W9240", "max_connections", "2000"),
    parameter("W9240", "shared_preload_libraries", "pg_stat_statements,pgaudi"),
]
