-- Give a user of the database its password and its rights. psql 15 or later reads this
-- as the owner, who is no superuser; a second run changes nothing.
--
-- All tables belong to a group with the database's name. A user acts as that group from
-- the moment it logs in, so each user may alter what the other one makes.
-- https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html

\getenv user NEW_USER
\getenv verifier NEW_VERIFIER

SET client_min_messages = warning;
-- So that PostgreSQL writes the names of all tables with their schemas.
SET search_path = pg_catalog;

-- Before anything changes: what the owner may neither hand over nor grant.
DO $$
DECLARE
  app_group constant name := current_database();
  grantee constant text := coalesce(
    (SELECT rolname::text FROM pg_roles WHERE rolname = app_group), 'public');
  blocked text;
BEGIN
  SELECT string_agg(message, E'\n' ORDER BY message) INTO blocked
    FROM (
      SELECT format('schema %1$I holds what %2$I owns, and %3$I has no USAGE and CREATE on it; '
                    'fix, as the owner of the schema: GRANT USAGE, CREATE ON SCHEMA %1$I TO %3$I',
                    nspname, current_user, app_group)
        FROM pg_namespace AS schema
       WHERE EXISTS (SELECT FROM pg_class
                      WHERE relnamespace = schema.oid AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                        AND relpersistence <> 't'
                        AND (pg_has_role(relowner, 'MEMBER')
                             OR pg_get_userbyid(relowner)::text = grantee))
         AND NOT (has_schema_privilege(grantee, oid, 'USAGE')
                  AND has_schema_privilege(grantee, oid, 'CREATE'))
         AND NOT (has_schema_privilege(oid, 'USAGE WITH GRANT OPTION')
                  AND has_schema_privilege(oid, 'CREATE WITH GRANT OPTION'))
       UNION ALL
      SELECT format('foreign server %1$I cannot belong to %2$I without USAGE on %3$I; fix, as '
                    'the owner of %3$I: GRANT USAGE ON FOREIGN DATA WRAPPER %3$I TO %2$I',
                    srvname, app_group, fdwname)
        FROM pg_foreign_server JOIN pg_foreign_data_wrapper AS wrapper ON wrapper.oid = srvfdw
       WHERE pg_has_role(srvowner, 'MEMBER')
         AND NOT has_foreign_data_wrapper_privilege(grantee, wrapper.oid, 'USAGE')
         AND NOT has_foreign_data_wrapper_privilege(wrapper.oid, 'USAGE WITH GRANT OPTION')
       UNION ALL
      SELECT format('%1$s %2$I belongs to %3$I, and only a superuser may own it; fix: drop it, '
                    'or give it to a role that is no member of %4$I', kind, object_name,
                    pg_get_userbyid(owner), app_group)
        FROM (SELECT 'event trigger', evtname, evtowner FROM pg_event_trigger
               UNION ALL
              SELECT 'foreign data wrapper', fdwname, fdwowner FROM pg_foreign_data_wrapper
               UNION ALL
              SELECT 'subscription', subname, subowner FROM pg_subscription
               WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = app_group)
               UNION ALL
              SELECT 'publication of all tables', pubname, pubowner FROM pg_publication
               WHERE puballtables) AS superuser_only (kind, object_name, owner)
       WHERE pg_has_role(owner, 'MEMBER')
    ) AS found (message);
  IF blocked IS NOT NULL THEN
    RAISE EXCEPTION E'nothing was changed\n%', blocked
      USING HINT = format('Where %1$I does not exist yet: CREATE ROLE %1$I NOLOGIN', app_group);
  END IF;
END $$;

BEGIN;
SELECT format('CREATE ROLE %I %s', name, kind)
  FROM (VALUES (:'DBNAME', 'NOLOGIN'), (:'user', 'LOGIN')) AS wanted (name, kind)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

-- The verifier is what PostgreSQL would make of the password, so no log gets to see that.
ALTER ROLE :"user" PASSWORD :'verifier';
GRANT :"DBNAME" TO CURRENT_USER, :"user";
GRANT :"user" TO CURRENT_USER;

-- From 16 on the owner changes and grants only a role of which it has the ADMIN OPTION. There it
-- has that of the roles that it creates, but not of those that were created under 15.
-- https://www.postgresql.org/docs/16/release-16.html
SELECT format('GRANT %I TO %I WITH ADMIN OPTION', pg_get_userbyid(role), current_user)
  FROM (SELECT :'DBNAME'::regrole::oid
         UNION
        SELECT member FROM pg_auth_members
         WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER')) AS ours (role)
 WHERE current_setting('server_version_num')::int < 160000
   AND pg_get_userbyid(role) <> current_user
   AND NOT pg_has_role(role, 'MEMBER WITH ADMIN OPTION') \gexec
ALTER ROLE :"user" SET role TO :"DBNAME";

SELECT format('GRANT ALL ON SCHEMA %I TO %I', nspname, :'DBNAME')
  FROM pg_namespace
 WHERE has_schema_privilege(oid, 'USAGE WITH GRANT OPTION')
   AND has_schema_privilege(oid, 'CREATE WITH GRANT OPTION')
   AND nspname NOT LIKE 'pg\_%'
   AND NOT (has_schema_privilege(:'DBNAME', oid, 'USAGE')
            AND has_schema_privilege(:'DBNAME', oid, 'CREATE')) \gexec
SELECT format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %I', fdwname, :'DBNAME')
  FROM pg_foreign_data_wrapper
 WHERE has_foreign_data_wrapper_privilege(oid, 'USAGE WITH GRANT OPTION')
   AND NOT has_foreign_data_wrapper_privilege(:'DBNAME', oid, 'USAGE') \gexec
SELECT format('GRANT ALL ON DATABASE %I TO %I', :'DBNAME', :'DBNAME')
 WHERE NOT has_database_privilege(:'DBNAME', :'DBNAME', 'CREATE') \gexec

-- What the owner, or a user that acts as itself, creates from now on until it is handed over.
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ALL ON %s TO %I',
              pg_get_userbyid(member), kind, :'DBNAME')
  FROM pg_auth_members,
       unnest(ARRAY['TABLES', 'SEQUENCES', 'ROUTINES', 'TYPES', 'SCHEMAS']) AS kind
 WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER') \gexec
COMMIT;

-- What the owner and the users made belongs to the group; databases stay the owner's.
-- Each table is handed over in a transaction of its own, since requests wait as long as its
-- lock is asked for or held. A table that stays busy is asked for again after a pause.
DO $$
DECLARE
  app_group constant name := current_database();
  item record;
  busy text[];
BEGIN
  FOR attempt IN 1..200 LOOP
    busy := '{}';
    FOR item IN
      WITH old_owner AS (
        SELECT member AS role FROM pg_auth_members
         WHERE roleid = app_group::regrole AND pg_has_role(member, 'MEMBER')
      )
      SELECT 1 AS step, oid::regclass::text AS name, relkind IN ('r', 'p') AS is_table,
             format('ALTER TABLE %s OWNER TO %I', oid::regclass, app_group) AS statement
        FROM pg_class JOIN old_owner ON role = relowner
       WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relpersistence <> 't'
         -- A sequence of a column follows its table.
         AND NOT EXISTS (SELECT FROM pg_depend
                          WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                            AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i'))
       UNION ALL
      SELECT 2, format('what else %I owns', role::regrole), false,
             format('REASSIGN OWNED BY %I TO %I', pg_get_userbyid(role), app_group)
             || coalesce((SELECT string_agg(format('; ALTER DATABASE %I OWNER TO %I', datname,
                                                   pg_get_userbyid(role)), '')
                            FROM pg_database WHERE datdba = role), '')
        FROM old_owner
       WHERE EXISTS (SELECT FROM pg_shdepend
                      WHERE refclassid = 'pg_authid'::regclass AND refobjid = role
                        AND deptype = 'o'
                        AND dbid = (SELECT oid FROM pg_database WHERE datname = app_group)
                        AND classid NOT IN ('pg_class'::regclass, 'pg_default_acl'::regclass,
                                            'pg_user_mapping'::regclass))
       ORDER BY 1, 2
    LOOP
      CONTINUE WHEN item.step = 2 AND busy <> '{}';
      BEGIN
        SET LOCAL lock_timeout = '200ms';
        IF item.is_table THEN
          EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', item.name);
          -- The table is held from here: its sequences are taken at once or not at all.
          SET LOCAL lock_timeout = '20ms';
        END IF;
        EXECUTE item.statement;
      EXCEPTION
        WHEN lock_not_available OR deadlock_detected THEN busy := busy || item.name;
        WHEN undefined_table THEN NULL;  -- dropped in the meantime
      END;
      COMMIT;
    END LOOP;
    EXIT WHEN busy = '{}';
    PERFORM pg_sleep(0.2 + 0.2 * random());
    COMMIT;
  END LOOP;
  IF busy <> '{}' THEN
    RAISE EXCEPTION 'in use for too long: %', array_to_string(busy, ', ')
      USING HINT = 'A long transaction holds it; the next run hands over what is left.';
  END IF;
END $$;
\echo the password and the rights are set
