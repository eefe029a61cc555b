"""How many tasks of a worker run: by the messages that wait or are in work.

docs/decisions/0029-workers.md says why, and what the metrics cost.
"""

from dataclasses import dataclass

from troposphere import applicationautoscaling, cloudwatch, ecs, sqs

from templates.alarms import ABOVE, MINUTE, Metric
from templates.scaling import scalable_target, tracked, tracking
from templates.settings import WorkerSettings
from templates.stack import Stack

# From the start of the first task until another one starts if no message is in work.
FIRST_TASK_SECONDS = 300


@dataclass(frozen=True)
class Scaled:
    """A worker's tasks and the queue that decides how many run."""

    name: str
    settings: WorkerSettings
    queue: sqs.Queue
    cluster: ecs.Cluster
    service: ecs.Service

    @property
    def title(self) -> str:
        """The end of its logical ids."""
        return self.name.title()

    def messages(self, state: str) -> Metric:
        """Return the number of messages in a state: Visible, or NotVisible while in work."""
        name = f"ApproximateNumberOfMessages{state}"
        return Metric("AWS/SQS", name, {"QueueName": self.queue.get_att("QueueName")})

    def tasks(self) -> Metric:
        """Return the metric of which ECS sends one sample a minute for each running task."""
        dimensions = {
            "ClusterName": self.cluster.ref(),
            "ServiceName": self.service.get_att("Name"),
        }
        return Metric("AWS/ECS", "CPUUtilization", dimensions)


def add_worker_scaling(stack: Stack, scaled: Scaled) -> None:
    """Follow the backlog; start the first task where none always runs."""
    target = stack.add(_scalable_target(scaled))
    stack.add(_backlog_policy(scaled, target))
    if scaled.settings.minimum_tasks == 0:
        policy = stack.add(_first_task_policy(scaled, target))
        stack.add(_messages_without_task(scaled, policy))


def _scalable_target(scaled: Scaled) -> applicationautoscaling.ScalableTarget:
    return scalable_target(
        f"WorkerTarget{scaled.title}", scaled.settings, scaled.cluster, scaled.service
    )


def _backlog_policy(
    scaled: Scaled, target: applicationautoscaling.ScalableTarget
) -> applicationautoscaling.ScalingPolicy:
    """Aim at so many messages for each running task. Messages in work count too: a task that
    works on the last one is not scaled in.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """
    metrics = [
        tracked("waiting", scaled.messages("Visible"), "Maximum"),
        tracked("working", scaled.messages("NotVisible"), "Maximum"),
        tracked("tasks", scaled.tasks(), "SampleCount"),
        applicationautoscaling.TargetTrackingMetricDataQuery(
            Id="backlog",
            Expression="(waiting + working) / tasks",
            Label="Messages for each task",
            ReturnData=True,
        ),
    ]
    specification = applicationautoscaling.CustomizedMetricSpecification(Metrics=metrics)
    return applicationautoscaling.ScalingPolicy(
        f"WorkerBacklog{scaled.title}",
        **tracking(
            "backlog",
            scaled.settings.backlog_per_task,
            target,
            CustomizedMetricSpecification=specification,
        ),
    )


def _first_task_policy(
    scaled: Scaled, target: applicationautoscaling.ScalableTarget
) -> applicationautoscaling.ScalingPolicy:
    """Start a task. Target tracking cannot: without a task there is no backlog for each."""
    step = applicationautoscaling.StepAdjustment(
        MetricIntervalLowerBound=0, ScalingAdjustment=1
    )
    return applicationautoscaling.ScalingPolicy(
        f"WorkerFirstTask{scaled.title}",
        PolicyName="first-task",
        PolicyType="StepScaling",
        ScalingTargetId=target.ref(),
        StepScalingPolicyConfiguration=applicationautoscaling.StepScalingPolicyConfiguration(
            AdjustmentType="ChangeInCapacity",
            Cooldown=FIRST_TASK_SECONDS,
            MetricAggregationType="Maximum",
            StepAdjustments=[step],
        ),
    )


def _messages_without_task(
    scaled: Scaled, policy: applicationautoscaling.ScalingPolicy
) -> cloudwatch.Alarm:
    """Messages wait and none is in work: no task runs, or none that receives."""
    metrics = [
        _watched("waiting", scaled.messages("Visible")),
        _watched("working", scaled.messages("NotVisible")),
        cloudwatch.MetricDataQuery(
            Id="unattended",
            Expression="IF(working < 1, waiting, 0)",
            Label="Messages that wait while none is in work",
            ReturnData=True,
        ),
    ]
    return cloudwatch.Alarm(
        f"WorkerUnattended{scaled.title}",
        AlarmDescription=f"Starts a task of {scaled.name}: messages wait, none is in work.",
        Metrics=metrics,
        ComparisonOperator=ABOVE,
        Threshold=0,
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        TreatMissingData="notBreaching",
        AlarmActions=[policy.ref()],
    )


def _watched(id_: str, metric: Metric) -> cloudwatch.MetricDataQuery:
    return cloudwatch.MetricDataQuery(
        Id=id_,
        MetricStat=cloudwatch.MetricStat(
            Metric=cloudwatch.Metric(**metric.properties(cloudwatch.MetricDimension)),
            Period=MINUTE,
            Stat="Maximum",
        ),
        ReturnData=False,
    )
