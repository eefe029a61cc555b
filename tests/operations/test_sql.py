"""roles.sql and check.sql do what they say in a real PostgreSQL 15."""

import base64
import subprocess
from collections.abc import Iterator

import pytest

from cfnlink.operations.database import SQL, new_user, verifier
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


# The owner lacks it of a role; the users have it of none.
ADMIN = (
    "SELECT role FROM unnest(ARRAY['app', 'app_a', 'app_b']) AS role "
    "WHERE NOT pg_has_role(role, 'MEMBER WITH ADMIN OPTION') "
    "UNION ALL SELECT roleid::regrole || ' of ' || member::regrole FROM pg_auth_members "
    "WHERE admin_option AND member::regrole::text LIKE 'app%'"
)


def test_the_owner_has_the_admin_option_that_postgresql_16_asks_for(server: Server) -> None:
    """One turn gives it for both users, also where an older turn did not."""
    turn(server, new_user("app_a"))
    turn(server, new_user("app_b"))
    assert server.sql(ADMIN, "owner", "owner") == ""
    server.sql("REVOKE ADMIN OPTION FOR app, app_a, app_b FROM owner", "owner", "owner")
    assert server.sql(ADMIN, "owner", "owner").split() == ["app", "app_a", "app_b"]

    turn(server, new_user("app_a"))

    assert server.sql(ADMIN, "owner", "owner") == ""


def test_what_a_user_or_the_owner_makes_as_itself_is_the_group_s_after_the_next_turn(
    server: Server,
) -> None:
    """A pool that sends DISCARD ALL acts as its own user again."""
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


def test_what_else_the_owner_creates_is_the_group_s_to_use_at_once(server: Server) -> None:
    """The earlier tasks still run: the next run of roles.sql hands it over."""
    user = new_user("app_a")
    turn(server, user)
    server.sql("CREATE TABLE meanwhile (id serial); CREATE SCHEMA own", "owner", "owner")

    text = "INSERT INTO meanwhile DEFAULT VALUES RETURNING id"
    assert server.sql(text, "app_a", user["password"]) == "1"
    assert server.sql("CREATE TABLE own.t (); SELECT 1", "app_a", user["password"]) == "1"
    with pytest.raises(AssertionError, match="must be owner"):
        server.sql("ALTER TABLE meanwhile ADD a int", "app_a", user["password"])
    turn(server, user)
    assert server.sql("ALTER TABLE meanwhile ADD a int; SELECT 1", *owner_of(user)) == "1"


def owner_of(user: dict[str, str]) -> tuple[str, str]:
    return user["username"], user["password"]


def test_a_table_in_use_keeps_the_others_from_nothing(server: Server) -> None:
    server.sql("CREATE TABLE busy (); CREATE TABLE idle ()", "owner", "owner")
    command, environment = server.command("owner", "owner")
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        reader.stdin.write("BEGIN; SELECT 'reads' FROM busy UNION SELECT 'reads';\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "reads\n"

        quick = SQL["roles"].replace("1..200", "1..2")
        given = {"NEW_USER": "app_a", "NEW_VERIFIER": new_user("app_a")["verifier"]}
        with pytest.raises(AssertionError, match=r"in use for too long: public\.busy\n"):
            server.sql(quick, "owner", "owner", **given)
        assert owner(server, "idle") == "app"
        reader.stdin.close()
    server.sql(quick, "owner", "owner", **given)
    assert owner(server, "busy") == "app"


def owner(server: Server, table: str) -> str:
    text = f"SELECT tableowner FROM pg_tables WHERE tablename = '{table}'"
    return server.sql(text, "owner", "owner")


CLOSED = """
CREATE SCHEMA closed;
CREATE TABLE closed.one ();
ALTER TABLE closed.one OWNER TO owner;
"""
SERVER = """
CREATE FOREIGN DATA WRAPPER files;
GRANT USAGE ON FOREIGN DATA WRAPPER files TO owner;
SET ROLE owner;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER files;
"""
PUBLICATION = """
CREATE PUBLICATION everything FOR ALL TABLES;
ALTER ROLE owner SUPERUSER;
ALTER PUBLICATION everything OWNER TO owner;
ALTER ROLE owner NOSUPERUSER;
"""


@pytest.mark.parametrize(
    ("make", "message", "fix", "undo"),
    [
        pytest.param(
            CLOSED,
            "schema closed holds what owner owns, and app has no USAGE and CREATE on it",
            "GRANT USAGE, CREATE ON SCHEMA closed TO app",
            "DROP SCHEMA closed CASCADE",
            id="a schema without USAGE",
        ),
        pytest.param(
            SERVER,
            "foreign server elsewhere cannot belong to app without USAGE on files",
            "GRANT USAGE ON FOREIGN DATA WRAPPER files TO app",
            "DROP FOREIGN DATA WRAPPER files CASCADE",
            id="a foreign server",
        ),
        pytest.param(
            PUBLICATION,
            "publication of all tables everything belongs to owner",
            "ALTER PUBLICATION everything OWNER TO rdsadmin",
            "DROP PUBLICATION everything",
            id="a publication",
        ),
    ],
)
def test_what_cannot_be_handed_over_ends_the_turn_before_anything_changes(
    server: Server, make: str, message: str, fix: str, undo: str
) -> None:
    user = new_user("app_a")
    turn(server, user)
    server.sql(make, "rdsadmin", "rdsadmin")
    other = new_user("app_a")
    given = {"NEW_USER": "app_a", "NEW_VERIFIER": other["verifier"]}

    with pytest.raises(AssertionError, match="nothing was changed") as error:
        server.sql(SQL["roles"], "owner", "owner", **given)

    assert message in str(error.value)
    assert fix.startswith("ALTER") or fix in str(error.value)
    assert server.sql("SELECT 1", *owner_of(user)) == "1"
    server.sql(fix, "rdsadmin", "rdsadmin")
    turn(server, other)
    server.sql(undo, "rdsadmin", "rdsadmin")


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
