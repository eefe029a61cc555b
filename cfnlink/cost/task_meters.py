"""What tasks cost: those of services, and those that state machines start."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cfnlink.aws.schedules import runs_a_month
from cfnlink.cost.billed import THOUSAND, BilledResource, Meter, NotPriced, Part, counted
from cfnlink.system.compute import SERVICE, STRATEGY, provider_tasks, task_range
from cfnlink.system.state_machines import SCHEDULE, usual_steps
from cfnlink.system.task_runs import runs_of

FREE_EPHEMERAL_GIB = 20
USUAL_MINUTES = 5  # of a job's run, where the settings state none
# What a Compute Savings Plan leaves of the price on demand. It covers no Spot and no disk:
# https://docs.aws.amazon.com/savingsplans/latest/userguide/what-is-savings-plans.html
SAVINGS_PLANS = {
    "1y-savings-plan": "fargate_savings_plan_1y_ratio",
    "3y-savings-plan": "fargate_savings_plan_3y_ratio",
}


def tasks(billed: BilledResource) -> float:
    """Return the average number of a service's tasks: assumed, else those that always run.

    Beside a service that a load balancer serves, one without is a worker.
    """
    services = billed.system.of(SERVICE)
    serving = [each for each in services if each.items("LoadBalancers")]
    is_worker = serving and billed.resource not in serving
    name = "worker_tasks" if is_worker else "average_tasks"
    assumed = billed.usage.get(name)
    stated = task_range(billed.resource)
    if assumed is not None:
        return float(assumed)
    billed.left_out[name] = None
    if stated.minimum is not None:
        return stated.minimum
    return billed.number("DesiredCount", default=stated.lowest)


def _spot_tasks(billed: BilledResource, count: float) -> float:
    """Return how many tasks run on Spot. Raises UnbillableError for an expression."""
    billed.get(STRATEGY)
    return provider_tasks(billed.resource, count)


def service(billed: BilledResource) -> Iterator[Part]:
    """Fargate bills vCPU and memory of each task by the second, and a public address."""
    task = billed.system.first_named(billed.resource.expression("TaskDefinition"))
    if task is None:
        yield NotPriced("tasks", "its task definition is not in these stacks")
        return
    size = replace(billed, resource=task)
    count = tasks(billed)
    spot = _spot_tasks(billed, count)
    name, share = _term(billed)
    for kind, running, part in (
        (name, count - spot, share),
        ("on Spot", spot, "fargate_spot_ratio"),
    ):
        if running:
            text = f"{counted(running, 'task')} x {billed.hours:g} h"
            yield from _running(size, _Running(kind, running * billed.hours, text, part))
    public = billed.get("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp")
    if public == "ENABLED":
        hours = count * billed.hours
        text = f"{counted(count, 'task')} x {billed.hours:g} h"
        yield Meter("public addresses", hours, "public_ipv4", text)


@dataclass(frozen=True)
class _Running:
    """Hours of tasks of one kind, in words too, and the part of the price that they cost."""

    kind: str
    hours: float
    text: str
    share: str | None
    is_usage: bool = False


def _term(billed: BilledResource) -> tuple[str, str | None]:
    """Return how tasks are paid that do not run on Spot, and the part of the price."""
    term = str(billed.usage.get("compute_term") or "on-demand")
    return term.replace("-", " "), SAVINGS_PLANS.get(term)


def _running(size: BilledResource, running: _Running) -> Iterator[Meter]:
    """Fargate bills the vCPU and the memory of a task, and its disk beyond what is free."""
    is_arm = size.get("RuntimePlatform", "CpuArchitecture") == "ARM64"
    chip = "arm" if is_arm else "x86"
    cpu = size.number("Cpu", default=256) / 1024
    memory = size.number("Memory", default=512) / 1024
    disk = size.number("EphemeralStorage", "SizeInGiB", default=20) - FREE_EPHEMERAL_GIB
    for item, amount, unit, price, share in (
        ("vCPU", cpu, "vCPU", f"fargate_{chip}_vcpu", running.share),
        ("memory", memory, "GB", f"fargate_{chip}_memory", running.share),
        ("disk", disk, f"GB beyond {FREE_EPHEMERAL_GIB}", "fargate_ephemeral_storage", None),
    ):
        if amount > 0:
            text = f"{running.text} x {amount:g} {unit}"
            hours = running.hours * amount
            name = f"{item} {running.kind}"
            yield Meter(name, hours, price, text, usage=running.is_usage, share=share)


def state_machine(billed: BilledResource) -> Iterator[Part]:
    """The transitions between its states, and the time of the tasks that it runs.

    How often it starts follows from the schedules that start it, the number of transitions
    from the way through its first choices. A retry is a transition more.
    https://aws.amazon.com/step-functions/pricing/
    """
    count, steps = _starts(billed), usual_steps(billed.resource)
    if count is None or not steps:
        why = "how often it starts, or what it does then, is not known"
        yield NotPriced("state transitions", why)
        return
    text = f"{count:,.0f} runs x {steps} states"
    quantity, allowance = count * steps / THOUSAND, "sfn_transitions"
    yield Meter(
        "transitions", quantity, "sfn_transitions", text, usage=True, allowance=allowance
    )
    minutes = billed.assumed("job_minutes", USUAL_MINUTES)
    for run in runs_of(billed.resource):
        if run.task is None:
            yield NotPriced("tasks", "a task definition is not in these stacks")
            continue
        size = replace(billed, resource=run.task)
        text, (kind, share) = f"{count:,.0f} runs x {minutes:g} minutes", _term(billed)
        hours = count * minutes / 60
        yield from _running(size, _Running(kind, hours, text, share, is_usage=True))
        if run.has_public_ip:
            yield Meter("public addresses", hours, "public_ipv4", text, usage=True)


def _starts(billed: BilledResource) -> float | None:
    """Return how often schedules start a state machine in a month; None if it is unknown."""
    starts: list[float] = []
    for each in billed.resource.used_by(SCHEDULE):
        runs = runs_a_month(str(each.get("ScheduleExpression")), billed.hours)
        if runs is None:
            return None
        starts.append(runs)
    return sum(starts) if starts else None


def cluster(billed: BilledResource) -> Iterator[NotPriced]:
    """Free without Container Insights, which are billed by the metric."""
    for setting in billed.get("ClusterSettings", default=[]):
        if setting.get("Name") == "containerInsights" and setting.get("Value") != "disabled":
            yield NotPriced("Container Insights", "the bill knows no containerInsights")
