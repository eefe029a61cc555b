"""Load balancer: url-rewrite transforms of rules, which were stored and not applied.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
"""

import re
from collections.abc import Callable
from typing import Any

from ministack.services import alb
from registry import Properties, patch


def _rewritten(rule: Properties, path: str) -> str:
    """The path as the rule's transform leaves it; AWS writes a captured group as $1."""
    for transform in rule.get("Transforms", []):
        for rewrite in transform.get("UrlRewriteConfig", {}).get("Rewrites", []):
            replacement = re.sub(r"\$(\d)", r"\\\1", rewrite["Replace"])
            path = re.sub(rewrite["Regex"], replacement, path, count=1)
    return path


def _rule(listener: str, request: tuple[Any, ...]) -> Properties:
    """The rule that a listener chooses for a request."""
    method, path, headers, _, query = request[:5]
    rules = [rule for rule in alb._rules.values() if rule.get("ListenerArn") == listener]
    for rule in sorted(rules, key=alb._rule_sort_key):
        conditions = rule.get("Conditions", [])
        if rule.get("IsDefault") or all(
            alb._match_condition(condition, method, path, headers, query)
            for condition in conditions
        ):
            return dict(rule)
    return {}


@patch(alb, "dispatch_request")
async def _dispatch(
    old: Callable[..., Any], balancer: Properties, *request: Any, **options: Any
) -> Any:
    """The rule is chosen by the path as it came, and the target sees the rewritten one."""
    port = request[5] if len(request) > 5 else 80
    arn = balancer["LoadBalancerArn"]
    listeners = [
        each["ListenerArn"]
        for each in alb._listeners.values()
        if (each["LoadBalancerArn"], each.get("Port", 80)) == (arn, port)
    ]
    rule = _rule(listeners[0], request) if listeners else {}
    method, path, *rest = request
    raw = options.get("raw_path")
    if raw is not None:
        options["raw_path"] = _rewritten(rule, raw)
    return await old(balancer, method, _rewritten(rule, path), *rest, **options)
