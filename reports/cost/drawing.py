"""What the drawing claimed a month costs, beside what it does."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from reports.cost.bill import Bill, Line

TERM = "1y_no_upfront"  # the drawing prices the database for a one-year term


@dataclass(frozen=True)
class Row:
    """A line of the drawing, in USD a month; `claimed` is 0 for what it left out."""

    row: str
    claimed: float
    computed: float
    why: str


@dataclass(frozen=True)
class _Claim:
    row: str
    claimed: float
    holds: Callable[[Line], bool]


def _of(
    *kinds: str, without: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> Callable[[Line], bool]:
    """Lines of these types, by the beginning of their items."""
    return lambda line: (
        line.type in kinds
        and not line.item.startswith(without or ("\0",))
        and (not only or line.item.startswith(only))
    )


SERVICE, INSTANCE = "AWS::ECS::Service", "AWS::RDS::DBInstance"
CLAIMS = (
    _Claim("Fargate tasks", 15, _of(SERVICE, only=("vCPU", "memory"))),
    _Claim("RDS instance, one-year term", 25, _of(INSTANCE, only=("db.",))),
    _Claim(
        "API Gateway, per million requests",
        3.5,
        _of("AWS::ApiGateway::RestApi", only=("requests",)),
    ),
    _Claim("CloudWatch Logs", 2, _of("AWS::Logs::LogGroup")),
    _Claim("left out: load balancer", 0, _of("AWS::ElasticLoadBalancingV2::LoadBalancer")),
    _Claim(
        "left out: the way out (addresses, NAT, endpoints)",
        0,
        lambda line: (
            line.type in ("AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCEndpoint")
            or (line.type == SERVICE and line.item == "public addresses")
        ),
    ),
    _Claim("left out: database storage and backups", 0, _of(INSTANCE, without=("db.",))),
    _Claim("left out: secrets", 0, _of("AWS::SecretsManager::Secret")),
    _Claim("left out: hosted zone", 0, _of("AWS::Route53::HostedZone")),
    _Claim("left out: image repository", 0, _of("AWS::ECR::Repository")),
    _Claim("left out: everything else", 0, lambda _: True),
)
TOTAL = 45.0
TOLERANCE = 1.02  # the drawing says "about"


def drawing(bill: Bill) -> list[Row]:
    """The drawing's rows for this bill: each line of the bill in exactly one of them.

    The database is priced for the drawing's term whatever the bill's own is, and the
    requests per million: the total is the bill's.
    """
    rows, left = [], list(bill.lines)
    for claim in CLAIMS:
        lines = [_as_drawn(bill, line) for line in left if claim.holds(line)]
        left = [line for line in left if not claim.holds(line)]
        computed = round(sum(line.per_month for line in lines), 2)
        if lines or claim.claimed:
            rows.append(Row(claim.row, claim.claimed, computed, _why(claim, computed, lines)))
    missing = bill.total - TOTAL
    why = f"{missing:.2f} above, by what was left out" if missing > 0 else "holds"
    return [*rows, Row("together", TOTAL, bill.total, why)]


def _as_drawn(bill: Bill, line: Line) -> Line:
    """The line as the drawing means it: a database for a year, a million requests."""
    if line.item == "requests":
        each = line.unit_price
        return replace(line, per_month=each, formula=f"1 million requests x {each:.8g}")
    if bill.prices is None or not line.item.startswith("db."):
        return line
    size, zones = line.item.split(", ")[:2]
    price = bill.prices.of(f"rds_pg_{size}_{zones.split()[0]}_ri_{TERM}").amount
    return replace(
        line,
        item=f"{size}, {zones}, {TERM.replace('_', '-')}",
        per_month=round(price * line.quantity, 2),
        formula=f"{line.quantity:g} h x {price:.8g}",
    )


def _why(claim: _Claim, computed: float, lines: list[Line]) -> str:
    paid = Counter(f"{line.item}: {line.formula}" for line in lines if line.per_month)
    detail = "; ".join(text if n == 1 else f"{n} times {text}" for text, n in paid.items())
    if not claim.claimed:
        return detail
    verdict = "holds" if computed <= claim.claimed * TOLERANCE else "does not hold"
    return f"{verdict}: {detail}"
