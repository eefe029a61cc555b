-- As the user: does it act as the group, and may it read every table of it?

DO $$
BEGIN
  IF current_user <> current_database() THEN
    RAISE EXCEPTION '% acts as %, not as %', session_user, current_user, current_database();
  END IF;
END $$;
SELECT format('SELECT FROM %I.%I LIMIT 0', schemaname, tablename)
  FROM pg_tables
 WHERE tableowner = current_user \gexec
\echo the user logs in and reads
