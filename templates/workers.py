"""Workers: tasks of the service's image that take messages from a queue."""

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import ecs, sqs

from templates.boundary import QUEUE_ACTIONS
from templates.parts import expiring_log_group
from templates.queues import add_queues
from templates.rights import allow
from templates.service_parts import deployed, placed
from templates.settings import Settings, WorkerSettings
from templates.settings.workers import queue_variable
from templates.stack import Stack
from templates.task import Granted, Program, Shared, task_definition
from templates.task_network import Place
from templates.worker_scaling import Scaled, add_worker_scaling


@dataclass(frozen=True)
class Worker:
    """One worker of the settings: its queue, and the program of its tasks."""

    name: str
    settings: WorkerSettings
    queue: sqs.Queue
    program: Program


def add_worker_resources(stack: Stack, settings: Settings) -> list[Worker]:
    """Add what comes before the roles of the tasks: queues and log groups."""
    queues = add_queues(stack, settings)
    return [
        Worker(name, worker, queues[name], _program(stack, settings, name))
        for name, worker in settings.workers.items()
    ]


def _program(stack: Stack, settings: Settings, name: str) -> Program:
    worker, title = settings.workers[name], name.title()
    return Program(
        container=name,
        cpu=worker.cpu,
        memory_mib=worker.memory_mib,
        log_group=stack.add(expiring_log_group(f"WorkerLogGroup{title}", settings)),
        command=worker.command,
        title=f"Worker{title}",
    )


def granted_by(workers: Sequence[Worker]) -> Granted:
    """Return what every task gets: the URLs of the queues, and the use of these queues."""
    arns = [worker.queue.get_att("Arn") for worker in workers]
    use = allow(QUEUE_ACTIONS, arns)
    return Granted(
        {queue_variable(worker.name): worker.queue.ref() for worker in workers},
        (use,) if workers else (),
    )


def run_workers(stack: Stack, shared: Shared, workers: Sequence[Worker], place: Place) -> None:
    """Add the tasks of each worker, and how many of them run."""
    for worker in workers:
        task = stack.add(task_definition(shared, worker.program))
        service = stack.add(_service(shared, worker, task, place))
        stack.name_parts(**{f"worker_{worker.name}": service})
        scaled = Scaled(worker.name, worker.settings, worker.queue, place.cluster, service)
        add_worker_scaling(stack, scaled)


def _service(
    shared: Shared, worker: Worker, task: ecs.TaskDefinition, place: Place
) -> ecs.Service:
    """Without a load balancer."""
    return ecs.Service(
        f"Worker{worker.name.title()}",
        **placed(place, task, worker.settings.spot_percent),
        **deployed(ecs_exec=shared.settings.service.ecs_exec),
    )
