"""Saved queries of CloudWatch Logs Insights: what one asks first after a failure."""

from collections.abc import Sequence

from troposphere import logs

from templates.settings import Settings
from templates.stack import Stack, Value

# The access log has its numbers as text: a prefix finds a class of statuses.
ERRORS_BY_PATH = """\
filter status like /^5/
| stats count(*) as errors, max(@timestamp) as last by method, path, status, error
| sort errors desc
| limit 50"""
SLOWEST_REQUESTS = """\
fields @timestamp, latency, integrationLatency, method, path, status, requestId
| sort latency desc
| limit 50"""
ONE_REQUEST = """\
fields @timestamp, @log, @message
| filter @message like "REQUEST-ID"
| sort @timestamp asc
| limit 200"""
ERRORS_OF_THE_SERVICE = """\
fields @timestamp, @logStream, @message
| filter @message like /ERROR|panicked at/
| sort @timestamp desc
| limit 100"""


def add_saved_queries(
    stack: Stack, settings: Settings, access_log: Value, service_log: Value
) -> None:
    """Add the queries to the stack of the API, which comes after that of the service.

    access_log and service_log: the names of the log groups. The name of a query is that of the
    environment and its own: CloudWatch shows the first part as a folder.
    """
    if not settings.logs.saved_queries:
        return
    folder, both = settings.system, [access_log, service_log]
    for query in (
        _query("QueryErrors", f"{folder}/errors by path", ERRORS_BY_PATH, [access_log]),
        _query("QuerySlowest", f"{folder}/slowest requests", SLOWEST_REQUESTS, [access_log]),
        _query("QueryRequest", f"{folder}/one request in both logs", ONE_REQUEST, both),
        _query(
            "QueryService",
            f"{folder}/errors of the service",
            ERRORS_OF_THE_SERVICE,
            [service_log],
        ),
    ):
        stack.add(query)


def _query(
    logical_id: str, name: str, text: str, groups: Sequence[Value]
) -> logs.QueryDefinition:
    """Return a question for the time after a failure; the console selects its groups."""
    return logs.QueryDefinition(
        logical_id, Name=name, QueryString=text, LogGroupNames=[*groups]
    )
