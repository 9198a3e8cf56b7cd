-- migrate:up transaction:false
-- Uploads with rows nobody has mended or set aside: few of all there ever were, and asked for with every home page.
-- A batch with bad rows writes `rejected`, and so all indexes of its upload: some ten microseconds each, once in 500 rows.
CREATE INDEX CONCURRENTLY upload_waiting ON upload (department_code, uploaded_at DESC)
    WHERE state IN ('partly_stored', 'rejected') AND rejected > ignored AND data_deleted_at IS NULL AND deleted_at IS NULL;

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY upload_waiting;
