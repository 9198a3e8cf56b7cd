-- migrate:up
-- Good rows in the ledger are in their records too, and go after a time (RECORDS_KEEP_ROWS_DAYS). What undoing, statistics and
-- mending need of an upload stays.
ALTER TABLE upload ADD COLUMN rows_cleared_at timestamptz;
CREATE INDEX upload_uncleared ON upload (applied_at) WHERE applied_at IS NOT NULL AND rows_cleared_at IS NULL;

-- migrate:down
DROP INDEX upload_uncleared;
ALTER TABLE upload DROP COLUMN rows_cleared_at;
