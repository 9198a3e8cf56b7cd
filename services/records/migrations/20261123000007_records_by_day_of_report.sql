-- migrate:up
-- The statistics' figures of all departments lead to the rows reported in a month. Records come in the order of their report, so
-- that a summary of each range of pages is enough, made in a second at five million records, and an upload pays next to nothing;
-- minmax_multi stands the few that were rewritten elsewhere.
CREATE INDEX record_reported ON record USING brin (created_at timestamptz_minmax_multi_ops) WITH (autosummarize = on);

-- migrate:down
DROP INDEX record_reported;
