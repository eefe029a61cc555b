"""Alarms on jobs, by names that are text: a job that leaves the settings blocks no stack."""

from troposphere import sns

from templates.alarms import ABOVE, Limit, Metric, alarm
from templates.jobs import machine_name
from templates.parts import local_arn
from templates.settings import Settings
from templates.stack import Stack

ONCE = Limit("Sum", ABOVE, 0, periods=1)


def add_job_alarms(stack: Stack, settings: Settings, topic: sns.Topic) -> None:
    """Add the alarms on runs that fail, that end late, and that never start.

    A run that is left out, since an earlier one goes on, is one that fails.
    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    """
    for name in settings.jobs:
        title = name.title()
        arn = local_arn("states", f"stateMachine:{machine_name(settings, name)}")
        failed, late = (
            Metric("AWS/States", metric, {"StateMachineArn": arn})
            for metric in ("ExecutionsFailed", "ExecutionsTimedOut")
        )
        said = f"A run of the job {name} failed or was left out."
        stack.add(alarm(f"JobFailed{title}", said, failed, ONCE, topic))
        said = f"A run of the job {name} never ended."
        stack.add(alarm(f"JobTimedOut{title}", said, late, ONCE, topic))
    if settings.jobs:
        group = {"ScheduleGroup": settings.system}
        missed = Metric("AWS/Scheduler", "InvocationDroppedCount", group)
        stack.add(alarm("JobsMissed", "A job could not be started.", missed, ONCE, topic))
