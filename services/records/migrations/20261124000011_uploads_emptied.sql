-- migrate:up
-- What rows of an upload said goes after a longer time (RECORDS_KEEP_UPLOADS_DAYS), mended or not, stored or not. Counts stay, and
-- of stored uploads which row became which record.
ALTER TABLE upload ADD COLUMN emptied_at timestamptz;
CREATE INDEX upload_unemptied ON upload (uploaded_at) WHERE emptied_at IS NULL;

-- migrate:down
DROP INDEX upload_unemptied;
ALTER TABLE upload DROP COLUMN emptied_at;
