-- migrate:up transaction:false
-- A list of all departments' uploads to one dataset that few report.
CREATE INDEX CONCURRENTLY upload_by_dataset ON upload (dataset_code, uploaded_at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY upload_by_dataset;
