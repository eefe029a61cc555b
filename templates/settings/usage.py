"""The usage that the bill assumes."""

from typing import Annotated, Any, Literal

from pydantic import Field

from templates.settings.values import Section


class Usage(Section):
    """The usage of a month that the bill assumes; AWS never sees it."""

    requests: Annotated[int, Field(ge=0)] = 1_000_000
    """API requests."""
    average_tasks: Annotated[float, Field(ge=0)] | None = None
    """Tasks that run on average; left out, the minimum."""
    log_gb: Annotated[float, Field(ge=0)] = 2.6
    """Log volume of all groups, in GB."""
    data_out_gb: Annotated[float, Field(ge=0)] = 5
    """Answers sent to the internet, in GB."""
    data_aws_gb: Annotated[float, Field(ge=0)] = 5
    """Tasks to AWS and the internet (images, logs, calls), in GB: NAT and endpoints."""
    balancer_units: Annotated[float, Field(ge=0)] = 0.1
    """Average capacity units (LCU) of the load balancer."""
    backup_gb: Annotated[float, Field(ge=0)] = 0
    """Backups beyond the free size of the database, in GB."""
    storage_growth_gb: Annotated[float, Field(ge=0)] = 0
    """Growth of the database beyond its first size, in GB."""
    data_zones_gb: Annotated[float, Field(ge=0)] = 0
    """Between tasks and a database in another zone, both ways together, in GB."""
    cpu_credit_hours: Annotated[float, Field(ge=0)] = 0
    """vCPU-hours that the database computes above the baseline of its class."""
    image_gb: Annotated[float, Field(ge=0)] = 1
    """Images in the repository, in GB."""
    job_minutes: Annotated[float, Field(ge=0)] | None = None
    """Minutes that a run of a job takes on average; left out, 5."""
    bucket_gb: Annotated[float, Field(ge=0)] | None = None
    """Objects and older versions in all buckets, in GB; left out, none."""
    bucket_writes: Annotated[int, Field(ge=0)] | None = None
    """Requests that write or list objects."""
    bucket_reads: Annotated[int, Field(ge=0)] | None = None
    """Requests that read objects."""
    queue_requests: Annotated[int, Field(ge=0)] | None = None
    """Requests to the queues of the workers; left out, a million. A task that waits for
    messages sends about 130,000 a month."""
    worker_tasks: Annotated[float, Field(ge=0)] | None = None
    """Tasks of each worker that run on average; left out, the minimum, which
    bills nothing for a worker that begins with 0."""
    database_term: Literal[
        "on-demand",
        "1y-no-upfront",
        "1y-partial-upfront",
        "1y-all-upfront",
        "3y-partial-upfront",
    ] = "on-demand"
    """How the database is paid: a reserved instance is bought apart from any stack."""
    compute_term: Literal["on-demand", "1y-savings-plan", "3y-savings-plan"] = "on-demand"
    """How tasks are paid: a Compute Savings Plan is bought apart from any stack."""
    token_calls: Annotated[int, Field(ge=0)] | None = None
    """Calls of the function that checks tokens: requests that API Gateway's cache does not
    answer; left out, all requests."""

    def stated(self) -> dict[str, Any]:
        """Return the assumptions. One that the settings leave out is one of a capability that
        most environments do not have, but for the tasks, which every environment has."""
        return {
            name: value
            for name, value in self.model_dump().items()
            if value is not None or name == "average_tasks"
        }
