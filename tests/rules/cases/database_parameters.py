"""Bad cases of cfnlink/rules/database_parameters.py."""

from tests.rules.cases import case

BAD_CASES = [
    case(
        "E9202",
        {"DatabaseParameterGroup.Family": "postgres16"},
        at="DatabaseInstance.DBParameterGroupName",
    ),
    case(
        "E9202",
        {"DatabaseParameterGroup.Family": "aurora-postgresql15"},
        at="DatabaseInstance.DBParameterGroupName",
    ),
    case("E9202", {"DatabaseInstance.DBParameterGroupName": "default.postgres14"}),
    case(
        "E9202",
        {"DatabaseInstance.EngineVersion": "16.4"},
        at="DatabaseInstance.DBParameterGroupName",
    ),
    case("E9297", {"DatabaseParameterGroup.Parameters.log_min_duration_statment": "1000"}),
    case("E9297", {"DatabaseParameterGroup.Parameters.'rds.force_tls'": "1"}),
    case("E9297", {"DatabaseParameterGroup.Parameters.slow_query_log": "1"}),
    case("E9297", {"DatabaseParameterGroup.Parameters.'rds.babelfish_status'": "on"}),
    case("E9296", {"DatabaseParameterGroup.Parameters.log_min_duration_statement": "1s"}),
    case("E9296", {"DatabaseParameterGroup.Parameters.'rds.force_ssl'": "on"}),
    case("E9296", {"DatabaseParameterGroup.Parameters.log_statement": "everything"}),
    case("W9204", {"DatabaseParameterGroup.Parameters.'rds.force_ssl'": "0"}),
    case("W9290", {"DatabaseParameterGroup.Parameters.log_statement": "all"}),
    case("W9291", {"DatabaseParameterGroup.Parameters.log_min_duration_statement": "50"}),
    case("W9292", {"DatabaseParameterGroup.Parameters.max_connections": "2000"}),
    case(
        "W9293",
        {
            "DatabaseParameterGroup.Parameters.shared_preload_libraries": "pg_stat_statements,pgaudi"
        },
    ),
]
