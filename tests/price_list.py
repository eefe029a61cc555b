"""Serve AWS's price list as AWS documents it: sample offer files with decoys.

Each product stands beside others that differ from it in one column only, so that a selector
that asks for one column less finds more than one price.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

VERSION = "20261103180000"
DATE = "2026-11-03"
# The first columns of every offer file, then some of those of AmazonRDS and AmazonEC2.
COLUMNS = (
    "SKU",
    "OfferTermCode",
    "RateCode",
    "TermType",
    "PriceDescription",
    "EffectiveDate",
    "StartingRange",
    "EndingRange",
    "Unit",
    "PricePerUnit",
    "Currency",
    "RelatedTo",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "Product Family",
    "serviceCode",
    "Location",
    "Location Type",
    "Database Engine",
    "usageType",
    "operation",
    "Region Code",
)
OUTPOST = {"Location Type": "AWS Outposts", "Location": "AWS Outposts"}


@dataclass(frozen=True)
class Product:
    """A product of an offer: its usage type without the region's prefix, and its price."""

    offer: str
    usage: str
    price: str
    operation: str = ""
    engine: str = ""
    per: int = 1


# What is to be found, and the figure that stands in the price file for it.
EXPECTED: dict[str, tuple[Product, float]] = {
    "fargate_x86_vcpu": (Product("AmazonECS", "Fargate-vCPU-Hours:perCPU", "0.0486"), 0.0486),
    "fargate_x86_memory": (Product("AmazonECS", "Fargate-GB-Hours", "0.0053"), 0.0053),
    "fargate_arm_vcpu": (
        Product("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", "0.0389"),
        0.0389,
    ),
    "fargate_arm_memory": (Product("AmazonECS", "Fargate-ARM-GB-Hours", "0.0043"), 0.0043),
    "fargate_ephemeral_storage": (
        Product("AmazonECS", "Fargate-EphemeralStorage-GB-Hours", "0.000133"),
        0.000133,
    ),
    "public_ipv4": (Product("AmazonVPC", "PublicIPv4:InUseAddress", "0.005"), 0.005),
    "vpc_interface_endpoint_hour": (Product("AmazonVPC", "VpcEndpoint-Hours", "0.011"), 0.011),
    "vpc_interface_endpoint_data": (Product("AmazonVPC", "VpcEndpoint-Bytes", "0.01"), 0.01),
    "alb_hour": (
        Product("AWSELB", "LoadBalancerUsage", "0.02646", "LoadBalancing:Application"),
        0.02646,
    ),
    "alb_lcu": (Product("AWSELB", "LCUUsage", "0.0084", "LoadBalancing:Application"), 0.0084),
    "nlb_hour": (
        Product("AWSELB", "LoadBalancerUsage", "0.02647", "LoadBalancing:Network"),
        0.02647,
    ),
    "nlb_nlcu": (Product("AWSELB", "LCUUsage", "0.0063", "LoadBalancing:Network"), 0.0063),
    "nat_gateway_hour": (Product("AmazonEC2", "NatGateway-Hours", "0.05", "NatGateway"), 0.05),
    "nat_gateway_data": (
        Product("AmazonEC2", "NatGateway-Bytes", "0.051", "NatGateway"),
        0.051,
    ),
    "rds_gp3_single": (
        Product("AmazonRDS", "RDS:GP3-Storage", "0.133", engine="PostgreSQL"),
        0.133,
    ),
    # The engine is Any for this one, as it was seen.
    "rds_gp3_multi": (
        Product("AmazonRDS", "RDS:Multi-AZ-GP3-Storage", "0.266", engine="Any"),
        0.266,
    ),
    "rds_backup_beyond_free": (
        Product("AmazonRDS", "RDS:ChargedBackupUsage", "0.095", engine="PostgreSQL"),
        0.095,
    ),
    "rds_t4g_cpu_credit": (
        Product("AmazonRDS", "CPUCredits:db.t4g", "0.075", engine="PostgreSQL"),
        0.075,
    ),
    "cw_logs_ingest": (
        Product("AmazonCloudWatch", "DataProcessing-Bytes", "0.5985", "PutLogEvents"),
        0.5985,
    ),
    "cw_logs_storage": (
        Product("AmazonCloudWatch", "TimedStorage-ByteHrs", "0.0315"),
        0.0315,
    ),
    "cw_alarm_standard": (Product("AmazonCloudWatch", "CW:AlarmMonitorUsage", "0.1"), 0.1),
    "cw_alarm_composite": (
        Product("AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage", "0.5"),
        0.5,
    ),
    "cw_custom_metric": (Product("AmazonCloudWatch", "CW:MetricMonitorUsage", "0.3"), 0.3),
    "secrets_manager_secret": (
        Product("AWSSecretsManager", "AWSSecretsManager-Secrets", "0.4"),
        0.4,
    ),
    "secrets_manager_api": (
        Product("AWSSecretsManager", "AWSSecretsManagerAPIRequest", "0.000005"),
        0.05,
    ),
    "ecr_storage": (Product("AmazonECR", "TimedStorage-ByteHrs", "0.1"), 0.1),
    "s3_storage": (Product("AmazonS3", "TimedStorage-ByteHrs", "0.024"), 0.024),
    "s3_writes": (Product("AmazonS3", "Requests-Tier1", "0.0000053"), 0.0053),
    "s3_reads": (Product("AmazonS3", "Requests-Tier2", "0.00000042"), 0.00042),
    "kms_key": (Product("awskms", "KMS-Keys", "1.0"), 1),
    "kms_requests": (Product("awskms", "KMS-Requests", "0.000003"), 0.03),
    "waf_web_acl": (Product("awswaf", "WebACLV2", "5.0"), 5),
    "waf_rule": (Product("awswaf", "RuleV2", "1.5"), 1.5),
    "waf_requests": (Product("awswaf", "RequestV2-Tier1", "0.0000006"), 0.6),
    "sfn_transitions": (Product("AmazonStates", "StateTransition", "0.000025"), 0.025),
    "sqs_requests": (Product("AWSQueueService", "Requests-RBP", "0.0000004"), 0.4),
    "route53_hosted_zone": (Product("AmazonRoute53", "HostedZone", "0.5"), 0.5),
    "route53_queries_standard": (Product("AmazonRoute53", "DNS-Queries", "0.0000004"), 0.4),
    "data_transfer_out_internet": (
        Product("AWSDataTransfer", "DataTransfer-Out-Bytes", "0.09"),
        0.09,
    ),
    "rds_pg_db.t4g.micro_single": (
        Product("AmazonRDS", "InstanceUsage:db.t4g.micro", "0.018", engine="PostgreSQL"),
        0.018,
    ),
    "rds_pg_db.t4g.micro_multi": (
        Product("AmazonRDS", "Multi-AZUsage:db.t4g.micro", "0.036", engine="PostgreSQL"),
        0.036,
    ),
    "apigw_rest_requests": (Product("AmazonApiGateway", "ApiGatewayRequest", "0.0000035"), 3.5),
}
# Reserved terms of the two instances: (upfront, hourly), and the price of an hour.
TERMS: dict[tuple[str, str], tuple[str | None, str, float]] = {
    ("1yr", "No Upfront"): (None, "0.0125", 0.0125),
    ("3yr", "No Upfront"): (None, "0.0091", 0.0091),
    ("1yr", "Partial Upfront"): ("53", "0.0061", 0.01215),  # 53 / 8760 + 0.0061
    ("1yr", "All Upfront"): ("104", "0", 0.01187),  # 104 / 8760
    ("3yr", "Partial Upfront"): ("110", "0.0042", 0.00839),  # 110 / 26280 + 0.0042
    ("3yr", "All Upfront"): ("216", "0", 0.00822),
}
MULTI = 2  # the terms of a Multi-AZ instance cost twice as much
SUFFIXES = {
    "_ri_1y_no_upfront": ("1yr", "No Upfront"),
    "_ri_1y_partial_upfront": ("1yr", "Partial Upfront"),
    "_ri_1y_all_upfront": ("1yr", "All Upfront"),
    "_ri_3y_partial_upfront": ("3yr", "Partial Upfront"),
}
# Other products whose names end in the same way, or nearly so.
DECOYS = (
    Product("AmazonECS", "Fargate-Windows-vCPU-Hours:perCPU", "0.0914"),
    Product("AmazonECS", "SpotUsage-Fargate-vCPU-Hours:perCPU", "0.0146"),
    Product("AmazonVPC", "PublicIPv4:IdleAddress", "0.0051"),
    Product("AmazonVPC", "VpcEndpoint-GWLBE-Hours", "0.0111"),
    Product("AWSELB", "TS-LoadBalancerUsage", "0.0059", "LoadBalancing:Application"),
    Product("AWSELB", "Outposts-LoadBalancerUsage", "0.0264", "LoadBalancing:Application"),
    Product("AWSELB", "ReservedLCUUsage", "0.0085", "LoadBalancing:Application"),
    Product("AWSELB", "LoadBalancerUsage", "0.0294", "LoadBalancing"),
    Product("AWSELB", "LoadBalancerUsage", "0.0147", "LoadBalancing:Gateway"),
    Product("AWSELB", "LCUUsage", "0.0042", "LoadBalancing:Gateway"),
    Product("AmazonEC2", "RegionalNatGateway-Hours", "0.07", "RegionalNatGateway"),
    Product("AmazonEC2", "NatGateway-Hours", "0.052", "NatGateway:Prvd"),
    Product("AmazonEC2", "NatGateway-Bytes", "0.053", "NatGateway:Prvd"),
    Product("AmazonEC2", "BoxUsage:t4g.micro", "0.0094", "RunInstances"),
    Product("AmazonCloudWatch", "DataProcessing-Bytes", "0.3", "VendedLogs"),
    Product("AmazonCloudWatch", "DataProcessingIA-Bytes", "0.25", "PutLogEvents"),
    Product("AmazonCloudWatch", "CW:HighResAlarmMonitorUsage", "0.31"),
    Product("AmazonRDS", "RDS:GP3-Storage", "0.137", engine="Any"),
    Product("AmazonRDS", "RDS:ChargedBackupUsage", "0.021", engine="Aurora PostgreSQL"),
    Product("AmazonECR", "TimedStorageArchive-ByteHrs", "0.07"),
    Product("AmazonS3", "TimedStorage-SIA-ByteHrs", "0.0131"),
    Product("AmazonS3", "Requests-SIA-Tier1", "0.00001"),
    Product("AmazonS3", "Requests-SIA-Tier2", "0.000001"),
    Product("awswaf", "ShieldProtected-WebACLV2", "0.1"),
    Product("AmazonApiGateway", "ApiGatewayHttpRequest", "0.00000117"),
    Product("AmazonStates", "StepFunctions-Request", "0.000001"),
    Product("AWSQueueService", "Requests-FIFO-RBP", "0.0000005"),
    Product("AmazonRoute53", "HostedZone-Domains", "0.2"),
    Product("AWSDataTransfer", "USE1-AWS-Out-Bytes", "0.02"),
)
REQUEST_TIERS = (
    ("0", "333000000", "0.0000035000"),
    ("333000000", "1000000000", "0.0000031900"),
    ("1000000000", "20000000000", "0.0000027100"),
    ("20000000000", "Inf", "0.0000017200"),
)


@dataclass
class OfferText:
    """The text of one offer file."""

    offer: str
    region: str = "eu-west-3"
    prefix: str = "EUW3-"
    lines: list[dict[str, str]] = field(default_factory=list)

    def add(self, product: Product, **columns: str) -> None:
        """Add a product with its on-demand price: first a free part, last a cheaper one."""
        price = columns.pop("price", product.price)
        tiers = [("0", "20", "0.0000000000"), ("20", "9000", price), ("9000", "Inf", "0.0001")]
        for begin, end, each in tiers:
            self.add_line(product, {"StartingRange": begin, "EndingRange": end} | columns, each)

    def add_reserved(self, product: Product, factor: int = 1, **columns: str) -> None:
        """Add the terms of a product, each with a line for the hour and one for the
        upfront part."""
        for (length, option), (upfront, hourly, _price) in TERMS.items():
            term = {
                "TermType": "Reserved",
                "OfferTermCode": f"{length}.{option}.{columns}",
                "LeaseContractLength": length,
                "PurchaseOption": option,
                "OfferingClass": "standard",
                "StartingRange": "0",
                "EndingRange": "Inf",
            } | columns
            self.add_line(product, term | {"Unit": "Hrs"}, str(float(hourly) * factor))
            if upfront:
                self.add_line(
                    product, term | {"Unit": "Quantity"}, str(float(upfront) * factor)
                )

    def add_line(self, product: Product, columns: dict[str, str], price: str) -> None:
        usage = self._usage(product.usage)
        line = {
            "OfferTermCode": "JRTCKXETXF",
            "TermType": "OnDemand",
            "PriceDescription": f'${price} per "unit", {usage}',
            "EffectiveDate": "2026-11-01",
            "Unit": "Hrs",
            "PricePerUnit": price,
            "Currency": "USD",
            "serviceCode": self.offer,
            "Location": "EU (Paris)",
            "Location Type": "AWS Region",
            "Database Engine": product.engine,
            "usageType": usage,
            "operation": product.operation,
            "Region Code": self.region,
        } | columns
        sku = "|".join(
            line.get(name, "")
            for name in (
                "usageType",
                "operation",
                "Database Engine",
                "Location Type",
                "Currency",
            )
        )
        self.lines.append({"SKU": sku} | line)

    def _usage(self, usage: str) -> str:
        if self.offer == "AmazonRoute53":
            return usage
        return f"{self.region}-{usage}" if self.offer == "awskms" else f"{self.prefix}{usage}"

    def text(self) -> str:
        """Return the file: five lines of metadata, the names of the columns, the products."""
        made = io.StringIO()
        writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(("FormatVersion", "v1.0"))
        writer.writerow(("Disclaimer", "This pricing list is for informational purposes only."))
        writer.writerow(("Publication Date", f"{DATE}T18:00:00Z"))
        writer.writerow(("Version", VERSION))
        writer.writerow(("OfferCode", self.offer))
        writer.writerow(COLUMNS)
        for line in self.lines:
            writer.writerow([line.get(column, "") for column in COLUMNS])
        return made.getvalue()


def offer_texts(region: str = "eu-west-3", prefix: str = "EUW3-") -> dict[str, str]:
    """Return the offer files of a region, by AWS's paths."""
    files: dict[str, OfferText] = {}
    wanted = [product for product, _ in EXPECTED.values()]
    for product in (*wanted, *DECOYS):
        offer = files.setdefault(product.offer, OfferText(product.offer, region, prefix))
        if product.usage == "ApiGatewayRequest":
            for begin, end, price in REQUEST_TIERS:
                tier = {"StartingRange": begin, "EndingRange": end}
                offer.add_line(product, tier, price)
        else:
            offer.add(product)
    for product in wanted:
        _add_decoys(files[product.offer], product)
    return {_path(file): file.text() for file in files.values()}


def _add_decoys(offer: OfferText, product: Product) -> None:
    """Add the same product in another place, currency, engine, operation or term."""
    offer.add(product, **OUTPOST, price="7.77")
    offer.add(product, Currency="CNY", price="8.88")
    if product.engine:
        offer.add(Product(product.offer, product.usage, "0.99", engine="MySQL"))
    if product.operation:
        offer.add(Product(product.offer, product.usage, "0.98", "Other"))
    offer.add_reserved(product, MULTI if "Multi-AZ" in product.usage else 1)
    if "Usage:db" in product.usage:
        offer.add_reserved(product, 6, OfferingClass="convertible")
        offer.add_reserved(product, 3, Currency="CNY")
        offer.add_reserved(product, 4, **OUTPOST)
        offer.add_reserved(Product(product.offer, product.usage, "1", engine="MySQL"), 5)


def _path(file: OfferText) -> str:
    region = "aws-other" if file.offer == "AmazonRoute53" else file.region
    return f"/offers/v1.0/aws/{file.offer}/current/{region}/index.csv"


@dataclass(frozen=True)
class LongFile:
    """A file that is created while it is sent: a repeated block, then the end."""

    head: bytes
    block: bytes
    times: int
    tail: bytes

    def __len__(self) -> int:
        return len(self.head) + len(self.block) * self.times + len(self.tail)

    def parts(self) -> Iterator[bytes]:
        yield self.head
        for _ in range(self.times):
            yield self.block
        yield self.tail


def long_file(text: str, size: int) -> LongFile:
    """Return an offer file of this many bytes: the products of a text after others of EC2."""
    lines = text.splitlines(keepends=True)
    head, products = "".join(lines[:6]), "".join(lines[6:])
    other = [line for line in lines[6:] if "BoxUsage:t4g.micro" in line]
    block = "".join(other * (1_000_000 // len("".join(other)))).encode()
    return LongFile(head.encode(), block, size // len(block) + 1, products.encode())


@dataclass
class Host:
    """A host of a price list on loopback: its answers, and the requests that it got."""

    files: dict[str, bytes]
    long_files: dict[str, LongFile] = field(default_factory=dict)
    address: str = ""
    asked: list[str] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)  # the first ones, in place of files


@contextmanager
def serve(files: dict[str, str]) -> Iterator[Host]:
    """Yield a host with these files, by path, during the block."""
    host = Host({path: text.encode() for path, text in files.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            answer = host.answers.pop(0) if host.answers else None
            body = host.files.get(self.path)
            if isinstance(answer, int):
                self.send_error(answer)
            elif isinstance(answer, str):
                self._send(answer.encode(), len(answer.encode()))
            elif self.path in host.long_files:
                self._send(b"", len(host.long_files[self.path]))
                for part in host.long_files[self.path].parts():
                    self.wfile.write(part)
            elif body is None:
                self.send_error(404)
            else:
                sent = body[: len(body) // 2] if answer == b"half" else body
                self._send(sent, len(body))

        def _send(self, body: bytes, length: int) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test's output is not for requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
