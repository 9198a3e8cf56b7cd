-- migrate:up
-- The one table here that grows for years: its newest lines are found and counted by walking an index alone.
ALTER TABLE audit SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05,
                       autovacuum_analyze_scale_factor = 0.02);

-- migrate:down
ALTER TABLE audit RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
