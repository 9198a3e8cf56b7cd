-- part: as_shown
m.message_id, m.kind, m.title, m.body, m.link, m.created_at, r.read_at, m.fact, u.state, u.rejected, u.ignored, u.corrected,
       u.deleted_at, u.data_deleted_at, u.emptied_at

-- part: with_upload
-- What the message is about, as it is now.
LEFT JOIN upload u ON u.upload_id = CASE WHEN m.kind IN ('import_finished', 'rows_waiting', 'deadline_near')
                                              AND m.link ~ '^/uploads/[0-9a-f-]{36}$'
                                         THEN substr(m.link, 10)::uuid END

-- name: add_message
-- The same fact twice makes one message; no row comes back for the second.
INSERT INTO message (kind, department_code, user_id, title, body, link, fact)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (fact) DO NOTHING
RETURNING message_id;

-- name: list_messages
-- $1 department  $2 user  $3 only unread?  $4 kind or NULL  $5 offset  $6 size
SELECT {as_shown}
FROM message m
LEFT JOIN message_read r ON r.message_id = m.message_id AND r.user_id = $2
{with_upload}
WHERE m.department_code = $1 AND (m.user_id IS NULL OR m.user_id = $2)
  AND (NOT $3::boolean OR r.read_at IS NULL)
  AND ($4::text IS NULL OR m.kind = $4)
ORDER BY m.message_id DESC
OFFSET $5
LIMIT $6;

-- name: count_messages
-- $1 department  $2 user  $3 kind or NULL
SELECT count(*) FILTER (WHERE $3::text IS NULL OR m.kind = $3) AS total,
       count(*) FILTER (WHERE r.read_at IS NULL AND ($3 IS NULL OR m.kind = $3)) AS unread_of_kind,
       count(*) FILTER (WHERE r.read_at IS NULL) AS unread
FROM message m
LEFT JOIN message_read r ON r.message_id = m.message_id AND r.user_id = $2
WHERE m.department_code = $1 AND (m.user_id IS NULL OR m.user_id = $2);

-- name: read_message
-- $1 department  $2 user  $3 message. The first time counts.
WITH mine AS (
    SELECT message_id
    FROM message
    WHERE message_id = $3 AND department_code = $1 AND (user_id IS NULL OR user_id = $2)
)
INSERT INTO message_read (user_id, message_id)
SELECT $2, message_id FROM mine
ON CONFLICT (user_id, message_id) DO NOTHING;

-- name: get_message
-- $1 department  $2 user  $3 message
SELECT {as_shown}
FROM message m
LEFT JOIN message_read r ON r.message_id = m.message_id AND r.user_id = $2
{with_upload}
WHERE m.message_id = $3 AND m.department_code = $1 AND (m.user_id IS NULL OR m.user_id = $2);

-- name: read_messages
-- $1 department  $2 user
WITH marked AS (
    INSERT INTO message_read (user_id, message_id)
    SELECT $2, m.message_id
    FROM message m
    WHERE m.department_code = $1 AND (m.user_id IS NULL OR m.user_id = $2)
    ON CONFLICT (user_id, message_id) DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM marked;
