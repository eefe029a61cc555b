-- End what older passwords can still do. psql reads this as the owner with its new password,
-- once all tasks are the user NEW_USER: every other user of the group loses its password, and
-- every session of theirs and of the owner ends, except this one. Of NEW_USER those end that
-- are older than the tasks, and than its password.

\getenv user NEW_USER
\getenv since TASKS_SINCE

SET client_min_messages = warning;
SELECT format('ALTER ROLE %I PASSWORD NULL', pg_get_userbyid(member))
  FROM pg_auth_members
 WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER')
   AND pg_get_userbyid(member) NOT IN (:'user', current_user) \gexec
SELECT count(pg_terminate_backend(pid))
  FROM pg_stat_activity
 WHERE usesysid IN (SELECT member FROM pg_auth_members
                     WHERE roleid = :'DBNAME'::regrole AND pg_has_role(member, 'MEMBER'))
   AND (usename <> :'user' OR backend_start < :'since'::timestamptz)
   AND pid <> pg_backend_pid();
\echo every older password and session has ended
