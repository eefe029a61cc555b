"""Print a client's API key to a terminal only."""

import sys
from types import SimpleNamespace

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import deployed_stacks

OUTPUT = "Key"  # the api stack shows the id of each client's key by its name


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `key`."""
    client, key_id = _key(environment, options.client)
    if environment.report.as_json or not sys.stdout.isatty():
        message = f"the key of {client} is shown on a terminal only, so that no log keeps it"
        command = aws(
            environment,
            *("apigateway", "get-api-key", "--api-key", key_id, "--include-value"),
            *("--query", "value", "--output", "text"),
        )
        raise CommandError(Exit.UNUSABLE, message, command)
    found = environment.clients.apigateway.get_api_key(apiKey=key_id, includeValue=True)
    environment.report.show(found["value"])
    return Exit.DONE


def _key(environment: Environment, client: str | None) -> tuple[str, str]:
    """Return a client, by default the first one, and the id of its key."""
    there = deployed_stacks(environment)
    keys = {
        name.removeprefix(OUTPUT).lower(): value
        for stack in there
        for name, value in stack.outputs.items()
        if name.startswith(OUTPUT)
    }
    client = client or next(iter(keys), None)
    if client is None:
        message = f"{environment.name} has no API yet"
        raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
    if client not in keys:
        message = f"no client {client}; there are {', '.join(keys)}"
        raise CommandError(
            Exit.UNUSABLE, message, environment.command_line_with(client=next(iter(keys)))
        )
    return client, keys[client]
