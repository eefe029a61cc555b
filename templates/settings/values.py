"""Values that settings take: texts with a pattern, the tables, and their words."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import core_schema

EXPECTED = "x-expected"  # the key of a text's words in the JSON Schema


@dataclass(frozen=True)
class Text:
    """A text with a pattern, which the schema shows and the words explain."""

    pattern: str
    words: str
    longest: int | None = None

    def check(self, value: str) -> str:
        """Return the value. Raises ValueError."""
        fits = self.longest is None or len(value) <= self.longest
        if not fits or re.fullmatch(self.pattern, value) is None:
            raise ValueError(self.words)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        shown: dict[str, Any] = {**handler(schema), "pattern": f"^(?:{self.pattern})$"}
        shown[EXPECTED] = self.words
        return shown | ({"maxLength": self.longest} if self.longest else {})


Name = Annotated[
    str,
    Text(r"[a-z](-?[a-z0-9])*", "small letters, digits and single hyphens, such as shop", 20),
]
# Names begin with the project's: the parameter of the lease, and what CloudFormation makes up.
# That SSM reserves aws and ssm behind the first slash, too, and that the name of a load
# balancer keeps as much of the stack's as `internal-`, is not verified.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
# A user met the second: https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/146
ProjectName = Annotated[
    str,
    Text(
        r"(?!aws|ssm|internal(-|$))[a-z](-?[a-z0-9])*",
        "small letters, digits and single hyphens, such as shop; not aws... or ssm..., which "
        "AWS reserves for parameters of SSM, nor internal-..., for load balancers",
        20,
    ),
]
DOMAIN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
DOMAIN_WORDS = "a domain name in small letters, such as example.com"
DomainName = Annotated[str, Text(DOMAIN, DOMAIN_WORDS, 253)]
# ACM takes no longer one: https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
CertificateName = Annotated[str, Text(DOMAIN, DOMAIN_WORDS, 64)]
Window = Annotated[
    str,
    Text(
        r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d",
        "two times of day in UTC: 03:00-04:00",
    ),
]
WeeklyWindow = Annotated[
    str,
    Text(
        r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d",
        "two times of the week in UTC: sun:04:30-sun:05:30",
    ),
]
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
ZoneId = Annotated[
    str,
    Text(r"[a-z]+\d-az\d", "an id such as use1-az1, not a name such as us-east-1a"),
]
VariableName = Annotated[
    str, Text(r"[A-Za-z_][A-Za-z0-9_]*", "letters, digits and _, not starting with a digit")
]
ClientId = Annotated[
    str, Text(r"[a-z][a-z0-9]*", "small letters and digits, such as mobile", 30)
]
# The characters are those that API Gateway takes in a PathPart:
# https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html
_PART = r"(?!\.+(/|$))[A-Za-z0-9._\-]+"
_VARIABLE = r"[A-Za-z][A-Za-z0-9_]*"
ApiPath = Annotated[
    str,
    Text(
        rf"(/({_PART}|\{{{_VARIABLE}\}}))*/({_PART}|\{{({_VARIABLE}|proxy\+)\}})",
        "a path that begins with / and does not end with it, such as /status, "
        "/orders/{id}/events or /webhooks/{proxy+}, which stands for all paths below /webhooks",
        200,
    ),
]
# What a job, a queue or a bucket is called. Its title is a part of logical ids.
CapabilityName = Annotated[
    str, Text(r"[a-z][a-z0-9]*", "small letters and digits, such as nightly", 20)
]
_ORIGIN = r"https?://[a-z0-9.\-]+(:\d+)?"
AnyOrigin = Annotated[
    str, Text(rf"(\*|{_ORIGIN})", "* or one origin, such as https://www.example.com")
]
Origin = Annotated[str, Text(_ORIGIN, "an origin such as https://www.example.com")]
EmailAddress = Annotated[
    str, Text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an address such as ops@example.com")
]
HeaderText = Annotated[str, Text(r"[A-Za-z0-9_,\-* ]*", "names with commas between them", 1000)]
WritablePath = Annotated[
    str,
    Text(
        r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._\-]+)+",
        "an absolute path of letters, digits, dots, _ and -, such as /tmp",
        255,
    ),
]
SecretArn = Annotated[
    str,
    Text(
        r"arn:[a-z-]+:(secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@:\-]+"
        r"|ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_.\-/]*[A-Za-z0-9_.\-])",
        "the whole ARN of one secret, with :key:: behind it for a key of JSON, or of one "
        "parameter of Parameter Store",
    ),
]
# A role that changes rights could lift its own limits.
ActionName = Annotated[
    str,
    Text(
        r"(?!(iam|organizations|account):)[a-z0-9-]+:[A-Z][A-Za-z0-9]*\*?",
        "an action such as ses:SendEmail, or a group such as ses:Send*; not of iam, "
        "organizations or account",
    ),
]
ResourceArn = Annotated[
    str,
    Text(
        r"\*|arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:[^\s${}]+",
        'the whole ARN of a resource, with * for a part of its name, or "*"',
    ),
]
BucketName = Annotated[
    str, Text(r"[a-z][a-z0-9]*", "small letters and digits, such as uploads", 20)
]
WebOrigin = Annotated[
    str,
    Text(rf"\*|{_ORIGIN}", "an origin, such as https://www.example.com, or *"),
]


class Section(BaseModel):
    """A table of the settings files: unknown keys and other types are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


Tag = Annotated[
    str, Text(r"(?!aws:|AWS:)[^\x00-\x1f]+", "a text that does not start with aws:", 128)
]
Tags = Annotated[dict[Tag, Annotated[str, Field(max_length=256)]], Field(max_length=45)]
PricedName = Annotated[
    str,
    Text(
        r"[A-Za-z0-9]+(::[A-Za-z0-9]+)*",
        "a type such as AWS::SQS::Queue, or an id of system.yaml such as JobsQueue",
    ),
]
Prices = dict[PricedName, Annotated[float, Field(ge=0)]]
