"""Replace the database with the state of a snapshot or of a point in time.

A restore is a new generation of the instance, and the settings state it first: the templates
describe what runs, and CloudFormation creates the new instance before it releases the old
one.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
"""

from collections.abc import Mapping
from types import SimpleNamespace

from cfnlink.aws.rds import growth_gib
from cfnlink.operations import drill
from cfnlink.operations.database import (
    CURRENT,
    PREVIOUS,
    Database,
    Psql,
    deployed_database,
    psql_image,
)
from cfnlink.operations.earlier import (
    LOG_GROUP,
    delete_left_logs,
    keep_logs,
    say_earlier,
    stated_names,
)
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE, delete_command, find_instance
from cfnlink.operations.lease import lease
from cfnlink.operations.named_alarms import name_alarms
from cfnlink.operations.order import in_order
from cfnlink.operations.origins import Origin, needed_version, origin, unusable
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.rollout import restart_tasks
from cfnlink.operations.rotation import USER_SECRET, write_url
from cfnlink.operations.service import deployed_service, deployed_services
from cfnlink.operations.stack_deployment import DeployOptions, StackDeployment
from cfnlink.operations.watching import deployment_alarms
from cfnlink.system.resource import Body


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `restore`."""
    if options.drill:
        return drill.run(environment, options)
    if options.query:
        again = environment.command_line_with(query=None)
        raise CommandError(Exit.UNUSABLE, "a query is read by a drill only", again)
    service, database = deployed_service(environment), deployed_database(environment)
    source = origin(environment, database, options)
    environment.report.say(source.words())
    _check(environment, database, source)
    _say_if_made(database)
    image = psql_image(environment, service)
    with lease(environment, "restore", options.wait * 60):
        wait_until_idle(environment, database.stack)
        _check_name(deployed_database(environment))
        delete_left_logs(environment, database.stack)
        # The logs of an instance bear its name, so a new generation has new ones.
        meant = (*database.stack.of_type(INSTANCE, LOG_GROUP), *options.allow)
        chosen = DeployOptions(allowed=meant)
        # The old tasks lose their database, and raise alarms; the new ones cannot help it.
        named = [(each, name_alarms(environment, each, "")) for each in environment.stacks]
        StackDeployment(environment, database.stack, chosen).run()
        database = deployed_database(environment)
        versions = database.versions(USER_SECRET)
        _set_passwords(Psql(database, service, image), versions)
        write_url(database, database.user(versions[CURRENT]))
        environment.report.say(f"{service.name}: new tasks begin to use the new instance")
        restart_tasks(environment, deployed_services(environment))
        done = in_order(
            environment, lambda stack: StackDeployment(environment, stack, chosen).run()
        )
        for each, names in named:
            name_alarms(environment, each, names or deployment_alarms(environment, each) or "")
        keep_logs(environment, database.stack)
    left = [check.says for check in say_earlier(environment)]
    environment.report.result({"source": source.properties, "stacks": done, "left": left})
    environment.report.next(environment.proof())
    return Exit.DONE


def _say_if_made(database: Database) -> None:
    """Say that no data changes where an earlier run has made the instance."""
    stated = database.stack.of_type(INSTANCE)[database.instance].get("DBInstanceIdentifier")
    if stated == (name := database.ids[database.instance]):
        database.environment.report.say(
            f"{name} is made from it already: its users and tasks are brought up again, "
            f"and its data stays. To restore {name} itself, name a time or a snapshot of it."
        )


def _set_passwords(psql: Psql, versions: Mapping[str, str]) -> None:
    """Give the users of the restored instance the passwords of today.

    Where a revocation took away the user before, its password of then is valid again.
    """
    database, report = psql.database, psql.database.environment.report
    for stage in (PREVIOUS, CURRENT):
        user = database.user(versions[stage]) if stage in versions else {}
        if "verifier" in user:
            report.say(f"{user['username']}: setting the password of its secret")
            psql.apply_grants(versions[stage])
    if "verifier" in user and PREVIOUS not in versions:
        report.say("ending the passwords that a revocation has ended")
        psql.revoke(versions[CURRENT])


def _check(environment: Environment, database: Database, origin: Origin) -> None:
    """Stop before any change: for what AWS would reject, and for what no setting declares."""
    if reason := next(unusable(database, origin), None):
        message, next_command = reason
        raise CommandError(Exit.UNUSABLE, f"{origin.name} {message}", next_command)
    instance = database.stack.of_type(INSTANCE)[database.instance]
    wanted = _settings(instance, origin)
    if wanted:
        lines = [f"{key} = {value}" for key, value in wanted.items()]
        for line in ("[database]", *lines):
            environment.report.say(line)
        environment.report.result({"database": wanted})
        message = f"the settings of {environment.name} lack what {origin.noun} needs"
        words = "add the lines above"
        step = environment.change_setting(environment.environment_file, words) or words
        raise CommandError(Exit.UNUSABLE, message, f"{step}\n{environment.command_line}")


def _check_name(database: Database) -> None:
    """Stop if the new generation's name is that of an instance outside the stack.

    The rollback of an update deletes the instance that it made, but not a protected one.
    """
    environment, current = database.environment, database.ids[database.instance]
    name = stated_names(database.stack).get(database.instance, current)
    found = None if name == current else find_instance(environment, name)
    if found is None:
        return
    generation = f"generation = {int(name.rpartition('-')[2]) + 1}"
    words = f"set {generation} in [database]"
    setting = environment.change_setting(environment.environment_file, words) or words
    delete = (
        f"{delete_command(environment, found)}\nwhen it is deleted: {environment.command_line}"
    )
    next_command = (
        f"to keep {name}: {setting}\n{environment.command_line}\nor, to delete {name}: {delete}"
    )
    message = f"{name} exists already and is not the instance of {database.stack.name}"
    raise CommandError(
        Exit.UNUSABLE, f"{message}; an earlier restore may have left it", next_command
    )


def _settings(instance: Body, origin: Origin) -> Body:
    """What the settings must say for this origin and do not say yet, as in TOML.

    The storage may not be below that of the origin:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
    """
    wanted: Body = {}
    if any(instance.get(key) != value for key, value in origin.properties.items()):
        generation = int(instance["DBInstanceIdentifier"].rpartition("-")[2])
        wanted |= {"generation": generation + 1, **origin.lines}
    version, storage = origin.found["EngineVersion"], int(origin.found["AllocatedStorage"])
    needed = needed_version(instance["EngineVersion"], version)
    if needed:
        wanted["engine_version"] = f'"{needed}"'
    if int(instance["AllocatedStorage"]) < storage:
        wanted["storage_gib"] = storage
    least = storage + growth_gib(storage)
    if int(instance["MaxAllocatedStorage"]) < least:
        wanted["storage_limit_gib"] = least
    return wanted
