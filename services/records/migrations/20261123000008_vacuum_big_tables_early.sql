-- migrate:up
-- By default a table of five million rows is vacuumed after a million new ones. Lists walk an index alone only where the pages are
-- known to be visible to all, and a department that began last week must be known to the planner: look after twentieths and fiftieths.
ALTER TABLE record SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05,
                        autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE ledger SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05,
                        autovacuum_analyze_scale_factor = 0.02);

-- migrate:down
ALTER TABLE record RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
ALTER TABLE ledger RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
