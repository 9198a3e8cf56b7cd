-- migrate:up
-- When an upload that seemed to wait its turn was last published again in spite of it.
ALTER TABLE upload ADD COLUMN published_again_at timestamptz;

-- migrate:down
ALTER TABLE upload DROP COLUMN published_again_at;
