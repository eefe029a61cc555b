"""The original estimate of the architecture beside the cost of an environment."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from cfnlink.cost.bill import OWN_ITEM, Bill, Line
from cfnlink.prices.table import PriceError

TERM = "1y_no_upfront"  # the estimate prices the database with a one-year term
SIZE, ZONES = "db.t4g.micro", "multi zone"
TASKS, VCPU, MEMORY_GB = 2, 0.25, 0.5
TOLERANCE = 1.02  # the estimate says "about"
HOLDS, FAILS, OTHER, LEFT_OUT = "holds", "does not hold", "not comparable", "left out"
ESTIMATE = (
    "The original estimate of this architecture: two Fargate tasks for about 15 USD a month, a "
    "Multi-AZ database for about 25 with a one-year term, API Gateway for about 3.50 per "
    "million requests, CloudWatch for about 2, together about 45. Beside it stands what the "
    "same costs here, at the estimate's term and for one million requests."
)

SERVICE, INSTANCE = "AWS::ECS::Service", "AWS::RDS::DBInstance"
WAY_OUT = ("AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCEndpoint")


@dataclass(frozen=True)
class ClaimedCost:
    """A row of the estimate in USD a month; `claimed` is 0 for what it left out.

    `verdict` is one of holds, does not hold, not comparable and left out.
    """

    name: str
    claimed: float
    computed: float
    verdict: str
    why: str


@dataclass(frozen=True)
class Comparison:
    """The rows of the estimate, their sums, and the bill of the environment.

    The rows add up to `computed`. `bill` is another figure where the environment has
    another term, or another number of requests, than the estimate.
    """

    rows: tuple[ClaimedCost, ...]
    claimed: float
    computed: float
    verdict: str
    bill: float


@dataclass(frozen=True)
class _Claim:
    """A row of the estimate: the lines of a bill that belong to it.

    `difference` says how lines differ from what the estimate means, or nothing.
    """

    name: str
    claimed: float
    has: Callable[[Line], bool]
    difference: Callable[[Bill, list[Line]], str] = lambda _bill, _lines: ""


def _of(*types: str, only: tuple[str, ...] = ()) -> Callable[[Line], bool]:
    """Return lines of these types, by the beginning of their items, with the user's prices."""
    return lambda line: (
        line.type in types and (not only or line.item.startswith((*only, OWN_ITEM)))
    )


def _other_tasks(bill: Bill, lines: list[Line]) -> str:
    """Whether other tasks run than two on demand with 0.25 vCPU and 0.5 GB each."""
    bought: dict[str, float] = defaultdict(float)
    for line in lines:
        bought[line.item] += line.quantity
    hours = TASKS * bill.prices.hours_per_month if bill.prices else 0
    if bought == {"vCPU on demand": hours * VCPU, "memory on demand": hours * MEMORY_GB}:
        return ""
    return f"the estimate has {TASKS} tasks with {VCPU} vCPU and {MEMORY_GB} GB, on demand"


def _other_database(_: Bill, lines: list[Line]) -> str:
    """Whether the database is another than one Multi-AZ instance of the estimate's class."""
    expected = f"{SIZE}, {ZONES}, {TERM.replace('_', '-')}"
    if [line.item for line in lines] == [expected]:
        return ""
    return f"the estimate has one {SIZE} with Multi-AZ and a one-year term"


def _other_price(_: Bill, lines: list[Line]) -> str:
    """Whether the user states another price than that of AWS's list."""
    own = any(line.item == OWN_ITEM for line in lines)
    return "the estimate has the price of AWS's list" if own else ""


CLAIMS = (
    _Claim("Fargate tasks", 15, _of(SERVICE, only=("vCPU", "memory", "disk")), _other_tasks),
    _Claim("RDS instance, one-year term", 25, _of(INSTANCE, only=("db.",)), _other_database),
    _Claim(
        "API Gateway, a million requests",
        3.5,
        _of("AWS::ApiGateway::RestApi", only=("requests",)),
        _other_price,
    ),
    _Claim("CloudWatch Logs", 2, _of("AWS::Logs::LogGroup"), _other_price),
    _Claim("load balancer", 0, _of("AWS::ElasticLoadBalancingV2::LoadBalancer")),
    _Claim(
        "way out (addresses, NAT, endpoints)",
        0,
        lambda line: (
            line.type in WAY_OUT or (line.type == SERVICE and line.item == "public addresses")
        ),
    ),
    _Claim("database storage and backups", 0, _of(INSTANCE)),
    _Claim("secrets", 0, _of("AWS::SecretsManager::Secret")),
    _Claim("hosted zone", 0, _of("AWS::Route53::HostedZone")),
    _Claim("image repository", 0, _of("AWS::ECR::Repository")),
    _Claim("everything else", 0, lambda _: True),
)


def compare(bill: Bill) -> Comparison:
    """Return the estimate's rows for this bill; each line of the bill is in exactly one row."""
    rows, left = [], list(bill.lines)
    for claim in CLAIMS:
        lines = [_as_estimated(bill, line) for line in left if claim.has(line)]
        left = [line for line in left if not claim.has(line)]
        if lines or claim.claimed:
            rows.append(_row(bill, claim, lines))
    claimed = round(sum(row.claimed for row in rows), 2)
    computed = round(sum(row.computed for row in rows), 2)
    verdict = _judged(claimed, computed)
    if bill.at_least or any(row.verdict == OTHER for row in rows):
        verdict = OTHER
    return Comparison(tuple(rows), claimed, computed, verdict, bill.total)


def _row(bill: Bill, claim: _Claim, lines: list[Line]) -> ClaimedCost:
    computed = round(sum(line.per_month for line in lines), 2)
    why = _detail(lines)
    if not claim.claimed:
        return ClaimedCost(claim.name, 0, computed, LEFT_OUT, why)
    unknown = [line for line in lines if not line.is_priced]
    other = unknown[0].formula if unknown else claim.difference(bill, lines)
    if not lines:
        other = "this environment has none"
    if other:
        return ClaimedCost(claim.name, claim.claimed, computed, OTHER, _joined(other, why))
    verdict = _judged(claim.claimed, computed)
    return ClaimedCost(claim.name, claim.claimed, computed, verdict, why)


def _judged(claimed: float, computed: float) -> str:
    return HOLDS if computed <= claimed * TOLERANCE else FAILS


def _as_estimated(bill: Bill, line: Line) -> Line:
    """Return the line as the estimate means it: a database for a year, a million requests."""
    if line.item == "requests" and line.is_priced:
        each = line.unit_price
        return replace(line, per_month=round(each, 2), formula=f"1 million x {each:.8g}")
    if bill.prices is None or not line.is_priced or not line.item.startswith("db."):
        return line
    size, zones = line.item.split(", ")[:2]
    try:
        price = bill.prices.of(f"rds_pg_{size}_{zones.split()[0]}_ri_{TERM}").amount
    except PriceError:
        return line
    return replace(
        line,
        item=f"{size}, {zones}, {TERM.replace('_', '-')}",
        per_month=round(price * line.quantity, 2),
        formula=f"{line.quantity:g} h x {price:.8g}",
    )


def _detail(lines: list[Line]) -> str:
    paid = Counter(f"{line.item}: {line.formula}" for line in lines if line.per_month)
    detail = "; ".join(text if n == 1 else f"{n} times {text}" for text, n in paid.items())
    free = any(line.free for line in lines) and not paid
    return "free for the account" if free else detail


def _joined(*texts: str) -> str:
    return "; ".join(filter(None, texts))
