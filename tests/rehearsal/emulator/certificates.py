"""ACM: a certificate that AWS still holds as in use when its domain is gone."""

from collections.abc import Callable

from ministack.services import acm
from ministack.services.cloudformation import provisioners
from registry import Properties, patch, require, store

HELD = "in-use."  # what the name of such a certificate begins with
_released = store()


@patch(provisioners, "_acm_certificate_delete")
def _delete(old: Callable[..., None], arn: str, props: Properties) -> None:
    """AWS holds it for up to 20 minutes; the emulator refuses its first deletion.

    https://github.com/aws/aws-cdk/issues/36265
    """
    name = acm._certificates.get(arn, {}).get("DomainName", "")
    is_free = not name.startswith(HELD) or arn in _released
    _released[arn] = True
    require(is_free, f"Certificate {arn} in account 000000000000 is in use.")
    old(arn, props)
