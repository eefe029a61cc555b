"""Give the database a new password while no request fails."""

from types import SimpleNamespace

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import Exit
from cfnlink.operations.lease import lease
from cfnlink.operations.rotation import deployed_psql, revoke, take_turn


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `rotate`."""
    with lease(environment, "rotate", options.wait * 60):
        psql = deployed_psql(environment)
        user = take_turn(psql)
        said = "the user before it stays valid"
        if options.revoke:
            revoke(psql)
            said = "no older password is valid, and no older session lives"
    environment.report.result({"user": user, "revoked": options.revoke})
    environment.report.say(f"done: the service is {user}; {said}")
    environment.report.next(environment.proof())
    return Exit.DONE
