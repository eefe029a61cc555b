"""roles.sql and check.sql as they are sent, by psql to a real PostgreSQL 15."""

import base64
import subprocess
from collections.abc import Iterator

import pytest

from operations.database import SQL, new_user, verifier
from tests.operations.postgres import Server, postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        made = (
            "CREATE TABLE old (id int); CREATE SCHEMA more; CREATE TABLE more.old (id serial);"
            "CREATE FUNCTION more.one() RETURNS int LANGUAGE sql AS 'SELECT 1';"
            "CREATE TYPE mood AS ENUM ('good'); INSERT INTO old VALUES (1);"
        )
        running.sql(made, "owner", "owner")
        yield running


def turn(server: Server, user: dict[str, str]) -> None:
    given = {"NEW_USER": user["username"], "NEW_VERIFIER": user["verifier"]}
    server.sql(SQL["roles"], "owner", "owner", **given)
    said = server.sql(SQL["check"], user["username"], user["password"])
    assert said.endswith("the user logs in and reads")


def test_two_users_take_turns_and_each_may_do_what_the_other_did(server: Server) -> None:
    first, second = new_user("app_a"), new_user("app_b")
    as_first = "app_a", first["password"]
    as_second = "app_b", second["password"]

    turn(server, first)
    turn(server, first)
    server.sql(
        "ALTER TABLE old ADD a int; CREATE TABLE by_a (id int); CREATE SCHEMA s;", *as_first
    )
    command, environment = server.command(*as_first)
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as before:
        assert before.stdin
        assert before.stdout
        before.stdin.write("SELECT 'connected';\n")
        before.stdin.flush()
        assert before.stdout.readline() == "connected\n"

        turn(server, second)
        server.sql(
            "ALTER TABLE by_a ADD b int; DROP TABLE more.old; CREATE TABLE by_b ();", *as_second
        )
        before.stdin.write("ALTER TABLE by_b ADD a int; SELECT count(*) FROM old;\n")
        before.stdin.flush()

        assert before.stdout.readline() == "1\n"
        before.stdin.close()
    assert server.sql("SELECT count(*) FROM by_a", *as_first) == "0"
    assert (
        server.sql("ALTER TABLE by_b ADD c int; SELECT count(*) FROM old", "owner", "owner")
        == "1"
    )


def test_what_was_made_as_nobody_in_the_group_is_the_group_s_after_the_next_turn(
    server: Server,
) -> None:
    """A pool that discards all is its own user again; the owner is no member's friend."""
    user = new_user("app_a")
    turn(server, user)
    server.sql("DISCARD ALL; CREATE TABLE discarded ();", "app_a", user["password"])
    server.sql("CREATE TABLE the_owner_s ();", "owner", "owner")

    other = new_user("app_b")
    turn(server, other)

    text = "ALTER TABLE discarded ADD a int; ALTER TABLE the_owner_s ADD a int; SELECT 1"
    assert server.sql(text, "app_b", other["password"]) == "1"


@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE owner PASSWORD 'taken'",
        "CREATE ROLE another",
        "DROP DATABASE app",
        "SET ROLE owner",
    ],
)
def test_a_user_has_no_right_of_the_owner_over_roles_and_databases(
    server: Server, text: str
) -> None:
    user = new_user("app_a")
    turn(server, user)

    with pytest.raises(AssertionError, match=r"permission denied|must be owner"):
        server.sql(text, "app_a", user["password"])


def test_a_table_in_use_ends_the_turn_before_others_wait_behind_it(server: Server) -> None:
    server.sql("CREATE TABLE busy ()", "owner", "owner")
    command, environment = server.command("owner", "owner")
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        reader.stdin.write("BEGIN; SELECT 'reads' FROM busy UNION SELECT 'reads';\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "reads\n"

        quick = SQL["roles"].replace("'10s'", "'100ms'")
        user = new_user("app_a")
        given = {"NEW_USER": "app_a", "NEW_VERIFIER": user["verifier"]}
        with pytest.raises(AssertionError, match="lock timeout"):
            server.sql(quick, "owner", "owner", **given)
        with pytest.raises(AssertionError, match="password authentication failed"):
            server.sql("SELECT 1", "app_a", user["password"])
        reader.stdin.close()


def test_no_password_comes_into_the_server_s_log(server: Server) -> None:
    user = new_user("app_a")
    turn(server, user)

    log = server.log()
    assert "ALTER ROLE" in log
    assert user["password"] not in log


def test_the_verifier_is_that_of_postgresql(server: Server) -> None:
    server.sql("CREATE ROLE known PASSWORD 'known'", "owner", "owner")
    asked = "SELECT rolpassword FROM pg_authid WHERE rolname = 'known'"
    theirs = server.sql(asked, "rdsadmin", "rdsadmin")

    salt = base64.b64decode(theirs.split("$")[1].split(":")[1])
    assert verifier("known", salt) == theirs
