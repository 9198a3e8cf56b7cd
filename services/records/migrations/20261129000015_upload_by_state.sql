-- migrate:up transaction:false
-- What runs, waits for confirmation or has failed, over all departments: the home page counts it, a list shows it.
CREATE INDEX CONCURRENTLY upload_by_state ON upload (state, uploaded_at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY upload_by_state;
