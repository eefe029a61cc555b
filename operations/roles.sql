-- Give a user of the database its password and its rights. psql 15 or later reads this
-- as the owner, who is no superuser; a second run changes nothing.
--
-- All tables belong to a group with the database's name. A user acts as that group from
-- the moment it logs in, so whatever one user makes, the other one may alter.
-- https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html

\getenv user NEW_USER
\getenv verifier NEW_VERIFIER

SET client_min_messages = warning;
BEGIN;
-- Whoever waits for a table makes others wait behind it: give up soon, and run again.
SET LOCAL lock_timeout = '10s';

SELECT format('CREATE ROLE %I %s', name, kind)
  FROM (VALUES (:'DBNAME', 'NOLOGIN'), (:'user', 'LOGIN')) AS wanted (name, kind)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- The verifier is what PostgreSQL would make of the password, so no log gets to see that.
ALTER ROLE :"user" PASSWORD :'verifier';
GRANT :"DBNAME" TO CURRENT_USER, :"user";
GRANT :"user" TO CURRENT_USER;
ALTER ROLE :"user" SET role TO :"DBNAME";

-- What the owner and the users made belongs to the group; databases stay the owner's.
SELECT format('GRANT ALL ON SCHEMA %I TO %I', nspname, :'DBNAME')
  FROM pg_namespace
 WHERE nspowner = 'pg_database_owner'::regrole
    OR nspowner IN (SELECT member FROM pg_auth_members
                     WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER')) \gexec
SELECT format('REASSIGN OWNED BY %I TO %I', pg_get_userbyid(member), :'DBNAME')
  FROM pg_auth_members
 WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER') \gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', datname, current_user)
  FROM pg_database
 WHERE datdba = :'DBNAME'::regrole \gexec
GRANT ALL ON DATABASE :"DBNAME" TO :"DBNAME";
COMMIT;
\echo the password and the rights are set
