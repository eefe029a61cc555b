"""Parse commands of the AWS CLI without a call: a line of JSON in, a line of JSON out.

A process of its own, since the AWS CLI brings a botocore that would take the place of boto3's.
"""

import contextlib
import io
import json
import sys
from typing import Any
from unittest import mock

from awscli.clidriver import create_clidriver
from botocore import xform_name
from botocore.validate import ParamValidator

# Commands that are no single call; parsed as they are, and not run.
CUSTOM = (
    "awscli.customizations.cloudformation.deploy.DeployCommand._run_main",
    "awscli.customizations.s3.subcommands.RbCommand._run_main",
    "awscli.customizations.ecr.ECRGetLoginPassword._run_main",
    "awscli.customizations.configure.list.ConfigureListCommand._run_main",
)


def parse(driver: Any, words: list[str]) -> str:
    """Why the AWS CLI does not take a command, or would send what the service refuses."""
    wrong: list[str] = []
    calls = {}
    if words[0] != "configure":  # no service
        model = driver.session.get_service_model(words[0])
        calls = {_cli_name(name): name for name in model.operation_names}

    def instead_of_the_call(call_parameters: dict[str, Any], **_: Any) -> int:
        if words[1] in calls:  # not: a waiter
            shape = model.operation_model(calls[words[1]]).input_shape
            report = ParamValidator().validate(call_parameters, shape)
            wrong.append(report.generate_report())
        return 0

    said = io.StringIO()
    driver.session.register("calling-command", instead_of_the_call)
    with contextlib.redirect_stderr(said), contextlib.ExitStack() as instead:
        for name in CUSTOM:
            instead.enter_context(mock.patch(name, return_value=0))
        try:
            code = driver.main(words)
        except SystemExit as ended:
            code = ended.code
    driver.session.unregister("calling-command", instead_of_the_call)
    return "".join(wrong) if code == 0 else said.getvalue() or f"exit code {code}"


def _cli_name(operation: str) -> str:
    return str(xform_name(operation, "-"))


def main() -> None:
    """Answer each line of standard input until it ends."""
    driver = create_clidriver()  # type: ignore[no-untyped-call]
    for line in sys.stdin:
        print(json.dumps(parse(driver, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
