-- migrate:up transaction:false
-- By one or two characters already, as names are. A line a transaction: a waiting list would gain little, and be read by every search.
CREATE INDEX CONCURRENTLY audit_by_actor ON audit USING gin (string_to_array(lower(actor), NULL)) WITH (fastupdate = off);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY audit_by_actor;
