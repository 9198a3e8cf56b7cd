-- name: add_message
-- The same fact twice makes one message; no row comes back for the second.
INSERT INTO message (kind, department_code, user_id, title, body, link, fact)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (fact) DO NOTHING
RETURNING message_id;
