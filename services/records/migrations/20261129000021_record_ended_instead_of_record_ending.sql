-- migrate:up transaction:false
DROP INDEX CONCURRENTLY record_ending;

-- migrate:down transaction:false
CREATE INDEX CONCURRENTLY record_ending ON record (published_until) WHERE state = 'published' AND published_until IS NOT NULL;
