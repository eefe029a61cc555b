"""RDS: with DATABASES=PROGRAMS a DB instance of postgres is a real server of this machine.

PROGRAMS is the folder of PostgreSQL 15's programs. Without it an instance is a record, and
nothing answers at its endpoint. With it the endpoint is an address of 127.0.0.0/8 and the
instance's own port. The owner, the database, the parameters and TLS are what the template
says; a snapshot and a point in time bring back the rows of then. PostgreSQL's own default
stands where RDS computes one from the memory of the class.
"""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import processes
from loopback import free_place
from ministack import app
from ministack.services import rds
from ministack.services.cloudformation import provisioners, stacks
from postgresql import ADMIN, OWNER, PostgreSQL, give, literal
from registry import Answer, Made, Properties, patch, require

PROGRAMS = os.environ.get("DATABASES", "")
# A file of the caller's for the certificate of the authority, which signs every server's.
COPY = os.environ.get("DATABASES_BUNDLE", "")
SOURCES = ("DBSnapshotIdentifier", "SourceDbiResourceId")
DEFAULT_PORT = 5432
# Where an image has RDS's authorities, as example/README.md says.
BUNDLE = "/etc/ssl/rds/global-bundle.pem"
# By its resource id, since a deleted instance may still have its automated backups.
_servers: dict[str, PostgreSQL] = {}
_snapshots: dict[str, Path] = {}  # by ARN


class _Server(PostgreSQL):
    """A server that ends with the emulator, also when the emulator is killed."""

    def start(self) -> None:
        super().start()
        if self.process:
            processes.guard(self.process.pid)

    def stop(self) -> None:
        ended = self.process
        super().stop()
        if ended:
            processes.release(ended.pid)


def stop_all() -> None:
    """End every server, whose files go too."""
    for server in _servers.values():
        server.stop(signal.SIGQUIT)


def _folder() -> Path:
    """The folder of all servers, which the user that runs them reaches."""
    folder = Path(tempfile.gettempdir(), "databases")
    if not folder.exists():
        folder.mkdir(mode=0o711)
        give(folder)
        folder.parent.chmod(0o711)
        bundle = folder / "global-bundle.pem"
        bundle.write_text(rds.pg_ca_cert_pem())
        processes.ELSEWHERE[BUNDLE] = str(bundle)
        if COPY:
            shutil.copy(bundle, COPY)
    return folder


def _server(instance: Properties) -> PostgreSQL | None:
    return _servers.get(instance.get("DbiResourceId", ""))


@patch(stacks, "_runs_on_worker_thread")
def _blocks(old: Callable[[str], bool], kind: str) -> bool:
    """A server takes a second to start, in which the emulator would answer no request."""
    return old(kind) or (bool(PROGRAMS) and kind == "AWS::RDS::DBInstance")


@patch(provisioners, "_rds_db_instance_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """Start a server with what the instance begins with: nothing, a snapshot, a time."""
    name, attributes = old(logical_id, props, stack)
    instance = rds._instances[name]
    snapshot, source = (props.get(key, "") for key in SOURCES)
    try:
        begin(instance, snapshot, source, props.get("RestoreTime", ""))
    except ValueError:
        rds._instances.pop(name)
        raise
    return name, {**attributes, **_endpoint(instance)}


def _endpoint(instance: Properties) -> Properties:
    """The attributes of an endpoint, which is another one than the record's at first."""
    return {f"Endpoint.{key}": str(instance["Endpoint"][key]) for key in ("Address", "Port")}


def begin(instance: Properties, snapshot: str = "", source: str = "", time: str = "") -> None:
    """Start the server of an instance, which gets its address and its port.

    snapshot: its name or its ARN. source: the resource id of an instance, as it was at a time
    or as it is now. Without both the server is empty. Raises ValueError.
    """
    if not PROGRAMS or not rds._is_postgres_engine(instance["Engine"]):
        return
    server = _make(instance)
    try:
        if snapshot:
            server.copy(_held(snapshot), server.data)
        elif source:
            require(source in _servers, f"{source} has no server")
            # A setting knows no abbreviation of a time zone, and Z is one.
            server.recover(_servers[source], time.replace("Z", "+00"))
        else:
            server.initialize()
        server.keep(*_configuration(instance))
        _name_owner(server, instance, new=not (snapshot or source))
    except (RuntimeError, ValueError) as error:
        server.stop()
        raise ValueError(str(error)) from error
    _servers[instance["DbiResourceId"]] = server
    instance["Endpoint"].update(Address=server.address, Port=server.port)


def _held(snapshot: str) -> Path:
    """The data of a snapshot."""
    name = snapshot.partition(":snapshot:")[2] or snapshot
    kept = _snapshots.get(rds._snapshots[name]["DBSnapshotArn"])
    if not kept:
        raise ValueError(f"{snapshot} was taken of no server")
    return kept


def _make(instance: Properties) -> PostgreSQL:
    """A server without data, with its certificate."""
    address, port = free_place(int(instance["Endpoint"]["Port"]))
    folder = _folder() / instance["DbiResourceId"]
    server = _Server(Path(PROGRAMS), folder, address, port)
    server.make_folder()
    host = instance["Endpoint"]["Address"]
    material = rds._pg_server_material([host], [server.address])
    for name, text in zip(("server.crt", "server.key"), material, strict=True):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        give(path)
    return server


def _name_owner(server: PostgreSQL, instance: Properties, *, new: bool) -> None:
    """Make the owner and the database, or set the password of the owner that is there."""
    owner, password = instance["MasterUsername"], instance.get("_MasterUserPassword")
    if new:
        server.sql(OWNER.format(owner, literal(password)))
        server.sql(f'CREATE DATABASE "{instance["DBName"]}" OWNER {owner}')
    elif password and server.process:  # the API's restore keeps the snapshot's
        server.sql(f"ALTER ROLE {owner} PASSWORD {literal(password)}")


def _configuration(instance: Properties) -> tuple[dict[str, str], list[str]]:
    """The settings of the instance's parameter group, and who may connect how.

    RDS asks for TLS from PostgreSQL 15 on unless rds.force_ssl says otherwise.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
    """
    group = rds._param_groups.get(instance["DBParameterGroups"][0]["DBParameterGroupName"], {})
    given = {
        name: str(value["ParameterValue"])
        for name, value in group.get("Parameters", {}).items()
    }
    kind = "hostssl" if given.get("rds.force_ssl", "1") == "1" else "host"
    ours = {name: value for name, value in given.items() if not name.startswith("rds.")}
    folder = _folder() / instance["DbiResourceId"]
    tls = {"ssl_cert_file": f"{folder}/server.crt", "ssl_key_file": f"{folder}/server.key"}
    refused = f"host all {ADMIN} 0.0.0.0/0 reject"
    return {**ours, "ssl": "on", **tls}, [refused, f"{kind} all all 0.0.0.0/0 scram-sha-256"]


def _configure(instance: Properties) -> None:
    """Bring a server's parameters up to date; static ones wait for the next start."""
    if server := _server(instance):
        settings, access = _configuration(instance)
        archive = {n: v for n, v in server.settings.items() if n.startswith("archive")}
        server.configure({**settings, **archive}, access)


def _modified(name: str) -> None:
    """Set what a modification may have changed: the password and the parameters."""
    instance = rds._instances.get(name, {})
    if server := _server(instance):
        _name_owner(server, instance, new=False)
        _configure(instance)


@patch(provisioners, "_rds_db_instance_update")
def _update(old: Callable[..., Made], *arguments: Any, **more: Any) -> Made:
    name, attributes = old(*arguments, **more)
    _modified(name)
    return name, attributes


@patch(rds, "_modify_db_instance")
def _modify(old: Callable[..., Answer], asked: Properties) -> Answer:
    answer = old(asked)
    if answer[0] < 400:
        _modified(rds._p(asked, "DBInstanceIdentifier"))
    return answer


@patch(rds, "_rotate_instance_password")
def _rotate(old: Callable[..., None], instance: Properties, *passwords: str) -> None:
    """The owner's password is set by _modified(), whatever it was before."""
    if not _server(instance):
        old(instance, *passwords)


@patch(rds, "_modify_param_group")
def _modify_group(old: Callable[..., Answer], asked: Properties) -> Answer:
    return _with_group(old, asked)


@patch(rds, "_reset_param_group")
def _reset_group(old: Callable[..., Answer], asked: Properties) -> Answer:
    return _with_group(old, asked)


def _with_group(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A changed parameter reaches the servers whose instances have the group."""
    answer = old(asked)
    name = rds._p(asked, "DBParameterGroupName")
    for instance in [*rds._instances.values()]:
        if instance["DBParameterGroups"][0]["DBParameterGroupName"] == name:
            _configure(instance)
    return answer


@patch(rds, "_finish_instance_reboot")
def _reboot(old: Callable[..., None], instance: Properties, cluster: Any) -> None:
    """The sessions of a rebooted instance end, and static parameters come into force."""
    if server := _server(instance):
        server.stop()
        server.start()
    old(instance, cluster)


@patch(rds, "_create_db_instance")
def _create_by_api(old: Callable[..., Answer], asked: Properties) -> Answer:
    return _begin_by_api(old, asked)


@patch(rds, "_restore_from_snapshot")
def _restore_by_api(old: Callable[..., Answer], asked: Properties) -> Answer:
    return _begin_by_api(old, asked, rds._p(asked, "DBSnapshotIdentifier"))


def _begin_by_api(old: Callable[..., Answer], asked: Properties, snapshot: str = "") -> Answer:
    """As _create(), for a call of the API."""
    answer = old(asked)
    if answer[0] >= 400:
        return answer
    instance = rds._instances[rds._p(asked, "DBInstanceIdentifier")]
    instance["Endpoint"]["Port"] = int(rds._p(asked, "Port") or DEFAULT_PORT)
    begin(instance, snapshot)
    return answer


@patch(rds, "_set_db_instance_status")
def _set_status(
    old: Callable[..., Answer], asked: Properties, status: str, *names: str
) -> Answer:
    """A stopped instance answers no more, a started one does again."""
    answer = old(asked, status, *names)
    server = _server(rds._instances.get(rds._p(asked, "DBInstanceIdentifier"), {}))
    if server and status == "stopped":
        server.stop()
    elif server and not server.process:
        server.start()
    return answer


@patch(rds, "_create_snapshot_internal")
def _snapshot(old: Callable[..., Properties], name: str, instance: Properties) -> Properties:
    snapshot = old(name, instance)
    if server := _server(instance):
        path = _folder() / f"snapshot-{len(_snapshots)}"
        server.back_up(path)
        _snapshots[snapshot["DBSnapshotArn"]] = path
    return snapshot


@patch(provisioners, "_rds_db_instance_delete")
def _delete(old: Callable[..., None], name: str, props: Properties) -> None:
    instance = rds._instances.get(name, {})
    old(name, props)
    _end(instance)


@patch(rds, "_delete_db_instance")
def _delete_by_api(old: Callable[..., Answer], asked: Properties) -> Answer:
    instance = rds._instances.get(rds._p(asked, "DBInstanceIdentifier"), {})
    answer = old(asked)
    if answer[0] < 400:
        _end(instance)
    return answer


def _end(instance: Properties) -> None:
    """End the server of a deleted instance; its files stay for its automated backups."""
    if server := _server(instance):
        server.stop()


@patch(rds, "_describe_db_instances")
def _describe(old: Callable[..., Answer], asked: Properties) -> Answer:
    """The latest restorable time stood still."""
    for instance in rds._instances.values():
        if _server(instance):
            instance["LatestRestorableTime"] = rds._format_time(datetime.now(UTC).timestamp())
    return old(asked)


@patch(app, "_reset_all_state")
def _reset(old: Callable[[], None]) -> None:
    old()
    stop_all()
    _servers.clear()
    _snapshots.clear()


atexit.register(stop_all)
