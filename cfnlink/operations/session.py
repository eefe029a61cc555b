"""A session with AWS, and which host names are AWS's."""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from boto3.session import Session
from botocore.loaders import create_loader

from cfnlink.operations.answers import refuse_foreign_answer


class _AskingSession(botocore.session.Session):
    """A session whose profile may need an MFA code, which the command asks for.

    botocore would ask by itself, below lines that move.
    """

    ask_mfa_code: Callable[[str], str]

    def get_credentials(self) -> Any:
        """Return the credentials; botocore calls it for each client."""
        resolver = self.get_component("credential_provider")
        provider = resolver.get_provider("assume-role")
        provider._prompter = self.ask_mfa_code  # noqa: SLF001 (no public way keeps the rest)
        return super().get_credentials()


def session(region: str, ask_mfa_code: Callable[[str], str] | None = None) -> Session:
    """Return a session of boto3 that refuses what is no answer of AWS.

    ask_mfa_code: returns the code of a user for a question. It reads no profile yet.
    """
    core: Any = botocore.session.Session()
    if ask_mfa_code:
        core = _AskingSession()
        core.ask_mfa_code = ask_mfa_code
    core.register("before-parse", refuse_foreign_answer)
    return Session(botocore_session=core, region_name=region)


@cache
def suffixes() -> tuple[str, ...]:
    """Return the ends of the host names of AWS's endpoints, in every partition."""
    loader = create_loader()
    partitions = loader.load_data("partitions")["partitions"]
    outputs = [each["outputs"] for each in partitions]
    names = {each[key] for each in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}
    return tuple(sorted(f".{name}" for name in names))
