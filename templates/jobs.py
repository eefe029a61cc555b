"""Jobs: commands of the service's image that run on a schedule.

Scheduler starts a state machine, which runs the task: ECS has no limit of a task's time,
Scheduler starts a run beside one that goes on, and its retries see no exit code.
"""

from collections.abc import Mapping

from troposphere import Sub, ecs, iam, scheduler, stepfunctions

from templates.job_definition import definition
from templates.job_roles import machine_role, schedule_role
from templates.parts import expiring_log_group
from templates.settings import Job, Settings
from templates.stack import Stack
from templates.task import Program, Shared, task_definition
from templates.task_network import Place

# A run that Scheduler cannot start in this time is left out, and an alarm tells it.
LATEST_START_SECONDS = 900


def machine_name(settings: Settings, job: str) -> str:
    """Return the name of a job's state machine: text, so that an alarm needs no export."""
    return f"{settings.system}-{job}"


def job_programs(stack: Stack, settings: Settings) -> dict[str, Program]:
    """Add a log group for each job; return what the task of each job runs."""
    programs = {}
    for name, job in settings.jobs.items():
        title = name.title()
        programs[name] = Program(
            name,
            job.cpu or settings.service.cpu,
            job.memory_mib or settings.service.memory_mib,
            stack.add(expiring_log_group(f"JobLogGroup{title}", settings)),
            title=f"Job{title}",
            command=job.command,
            family=machine_name(settings, name),
        )
    return programs


def add_jobs(
    stack: Stack, shared: Shared, programs: Mapping[str, Program], place: Place
) -> None:
    """Add the task, the state machine and the schedule of each job."""
    if not programs:
        return
    settings = shared.settings
    group = stack.add(scheduler.ScheduleGroup("JobsScheduleGroup", Name=settings.system))
    names = [machine_name(settings, name) for name in programs]
    role = stack.add(machine_role(names, place.cluster, shared.roles))
    machines = {}
    for name, program in programs.items():
        task = stack.add(task_definition(shared, program))
        machines[name] = stack.add(_machine(settings, name, place, task, role))
    starter = stack.add(schedule_role(machines.values(), shared.roles.limits))
    for name, machine in machines.items():
        target = scheduler.Target(
            Arn=machine.ref(),
            RoleArn=starter.get_att("Arn"),
            Input="{}",
            RetryPolicy=scheduler.RetryPolicy(MaximumEventAgeInSeconds=LATEST_START_SECONDS),
        )
        stack.add(_schedule(name, settings.jobs[name], group, target))


def _machine(
    settings: Settings, name: str, place: Place, task: ecs.TaskDefinition, role: iam.Role
) -> stepfunctions.StateMachine:
    """The state machine of one job, in whose text CloudFormation puts what it made."""
    own = machine_name(settings, name)
    awsvpc = place.network.properties["AwsvpcConfiguration"].properties
    subnets = {f"Subnet{n}": subnet for n, subnet in enumerate(awsvpc["Subnets"], start=1)}
    return stepfunctions.StateMachine(
        f"JobMachine{name.title()}",
        DependsOn=[*place.rules],
        StateMachineName=own,
        StateMachineType="STANDARD",
        RoleArn=role.get_att("Arn"),
        DefinitionString=Sub(
            definition(settings.jobs[name], own, awsvpc["AssignPublicIp"], [*subnets]),
            Cluster=place.cluster.ref(),
            TaskDefinition=task.ref(),
            SecurityGroup=awsvpc["SecurityGroups"][0],
            **subnets,
        ),
    )


def _schedule(
    name: str, job: Job, group: scheduler.ScheduleGroup, target: scheduler.Target
) -> scheduler.Schedule:
    """At the exact minute. The group makes the metrics of the environment's own schedules."""
    return scheduler.Schedule(
        f"JobSchedule{name.title()}",
        Description=f"Starts the job {name}.",
        GroupName=group.ref(),
        ScheduleExpression=job.schedule,
        ScheduleExpressionTimezone=job.timezone,
        FlexibleTimeWindow=scheduler.FlexibleTimeWindow(Mode="OFF"),
        Target=target,
    )
