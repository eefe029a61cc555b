"""Clients of the API: a key and a usage plan each."""

from troposphere import apigateway

from templates.settings import Client
from templates.stack import Stack

# `make smoke` has a client of its own, so that it spends no other client's quota.
SMOKE = Client(rate_limit=1, burst_limit=1, monthly_quota=10_000)


def add_client(
    stack: Stack, name: str, client: Client, stage: apigateway.Stage
) -> apigateway.ApiKey:
    """Add a key with a usage plan; AWS cannot change the key's name and value later."""
    title = name.title()
    plan = stack.add(_usage_plan(title, client, stage))
    key = stack.add(_api_key(title))
    stack.add(_usage_plan_key(title, plan, key))
    stack.add_output(f"Key{title}", key.ref(), f"Id of the API key of {name}.")
    return key


def _usage_plan(
    client_title: str, client: Client, stage: apigateway.Stage
) -> apigateway.UsagePlan:
    """Refers to the stage, so that it waits for it: "Invalid stage identifier"."""
    return apigateway.UsagePlan(
        f"Plan{client_title}",
        ApiStages=[apigateway.ApiStage(ApiId=stage.properties["RestApiId"], Stage=stage.ref())],
        Throttle=apigateway.ThrottleSettings(
            RateLimit=client.rate_limit, BurstLimit=client.burst_limit
        ),
        Quota=apigateway.QuotaSettings(Limit=client.monthly_quota, Period="MONTH"),
    )


def _api_key(client_title: str) -> apigateway.ApiKey:
    """Enabled, which is not the default, and with a generated value."""
    return apigateway.ApiKey(f"ApiKey{client_title}", Enabled=True)


def _usage_plan_key(
    client_title: str, plan: apigateway.UsagePlan, key: apigateway.ApiKey
) -> apigateway.UsagePlanKey:
    return apigateway.UsagePlanKey(
        f"Membership{client_title}",
        KeyId=key.ref(),
        KeyType="API_KEY",
        UsagePlanId=plan.ref(),
    )
