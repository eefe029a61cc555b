"""What watches requests: a web ACL's association and log, sampling rules, saved queries."""

from collections.abc import Callable

from ministack.services import cloudwatch_logs, waf
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, accepted, require, store, teach

LOG_PREFIX = "aws-waf-logs-"

_logging, _sampling, _queries = store(), store(), store()


def _associate(_: str, props: Properties, __: str) -> Made:
    """AWS refuses what is no ARN, and a web ACL that does not exist."""
    target = props["ResourceArn"]
    require(target.startswith("arn:"), f"WAFInvalidParameterException: {target}")
    accepted(waf._associate_web_acl(props))
    return f"{target}|{props['WebACLArn']}", {}


def _disassociate(_: str, props: Properties) -> None:
    waf._disassociate_web_acl(props)


def _log(_: str, props: Properties, __: str) -> Made:
    """AWS refuses a log group of another name, and one that does not exist."""
    for arn in props["LogDestinationConfigs"]:
        name = arn.partition(":log-group:")[2]
        wrong = f"WAFInvalidParameterException: The ARN isn't valid: {arn}"
        require(name.startswith(LOG_PREFIX) and not name.endswith(":*"), wrong)
        require(name in cloudwatch_logs._log_groups, f"ResourceNotFoundException: {name}")
    _logging[props["ResourceArn"]] = props
    return props["ResourceArn"], {}


def _sample(_: str, props: Properties, __: str) -> Made:
    rule = props["SamplingRule"]
    require(len(rule["RuleName"]) <= 32, "RuleName: at most 32 characters")
    arn = f"arn:aws:xray:us-east-1:000000000000:sampling-rule/{rule['RuleName']}"
    _sampling[arn] = rule
    return arn, {"RuleARN": arn}


def _query(logical_id: str, props: Properties, stack: str) -> Made:
    """AWS does not ask whether the log groups exist."""
    name = provisioners._physical_name(stack, logical_id)
    _queries[name] = props
    return name, {"QueryDefinitionId": name}


def _forgets(kept: Properties) -> Callable[[str, Properties], None]:
    def forget(name: str, _: Properties) -> None:
        kept.pop(name, None)

    return forget


def _again(create: Callable[[str, Properties, str], Made]) -> Callable[..., Made]:
    """An update writes all of it again, under the same name."""

    def update(name: str, _: Properties, new: Properties, stack: str) -> Made:
        create(name, new, stack)
        return name, {}

    return update


teach(
    "AWS::WAFv2::WebACLAssociation",
    _associate,
    _disassociate,
    replacing=("ResourceArn", "WebACLArn"),
)
teach(
    "AWS::WAFv2::LoggingConfiguration",
    _log,
    _forgets(_logging),
    _again(_log),
    replacing=("ResourceArn",),
)
teach("AWS::XRay::SamplingRule", _sample, _forgets(_sampling), _again(_sample))
teach("AWS::Logs::QueryDefinition", _query, _forgets(_queries), _again(_query))
