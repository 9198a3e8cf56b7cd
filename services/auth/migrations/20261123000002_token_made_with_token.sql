-- migrate:up
-- The token that a token was made with, if it was one: whoever revokes a stolen token revokes what the thief has made of it.
ALTER TABLE api_token ADD COLUMN parent_id uuid;

-- migrate:down
ALTER TABLE api_token DROP COLUMN parent_id;
