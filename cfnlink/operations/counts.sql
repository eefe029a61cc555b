-- The number of rows of each table that the user may read; a partition counts in its table.
SELECT format('SELECT %L, count(*) FROM %s', format('%s.%s', nspname, relname), pg_class.oid::regclass)
  FROM pg_class
  JOIN pg_namespace AS schema ON schema.oid = relnamespace
 WHERE relkind IN ('r', 'p')
   AND NOT relispartition
   AND relpersistence <> 't'
   AND nspname NOT LIKE 'pg\_%'
   AND nspname <> 'information_schema'
   AND has_schema_privilege(schema.oid, 'USAGE')
   AND has_table_privilege(pg_class.oid, 'SELECT')
 ORDER BY nspname, relname \gexec
