-- migrate:up transaction:false
-- The statistics' figures of all departments lead to the rows reported in a month. Records come in the order of their report, so
-- that a summary of each range of pages is enough, and an upload pays next to nothing; minmax_multi stands the few that were
-- rewritten elsewhere.
CREATE INDEX CONCURRENTLY record_reported ON record USING brin (created_at timestamptz_minmax_multi_ops) WITH (autosummarize = on);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY record_reported;
