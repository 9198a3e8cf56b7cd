-- migrate:up
-- Which later uploads reported a record again: asked before the data of the first is deleted. Inserted rows are not in it.
CREATE INDEX ledger_record ON ledger (record_id) WHERE record_id IS NOT NULL;

-- migrate:down
DROP INDEX ledger_record;
