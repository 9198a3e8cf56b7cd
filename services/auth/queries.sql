-- name: session_identity
-- $1 sha256 of the secret  $2 created after  $3 seen after
SELECT s.session_id AS credential_id, s.created_at, s.last_seen_at,
       u.user_id, u.display_name, u.role, u.must_change_password, d.code, d.name, d.region
FROM session s
JOIN account u ON u.user_id = s.user_id
JOIN department d ON d.code = u.department_code
WHERE s.secret_hash = $1 AND s.created_at > $2 AND s.last_seen_at > $3 AND u.active AND d.active;

-- name: token_identity
-- $1 sha256 of the secret  $2 now
SELECT t.token_id AS credential_id, t.expires_at, t.last_used_at,
       u.user_id, u.display_name, u.role, u.must_change_password, d.code, d.name, d.region
FROM api_token t
JOIN account u ON u.user_id = t.user_id
JOIN department d ON d.code = u.department_code
WHERE t.secret_hash = $1 AND t.expires_at > $2 AND t.revoked_at IS NULL AND u.active AND d.active;

-- name: touch_session
-- $1 session  $2 now
UPDATE session SET last_seen_at = $2 WHERE session_id = $1 AND last_seen_at < $2;

-- name: touch_token
-- $1 token  $2 now
UPDATE api_token SET last_used_at = $2 WHERE token_id = $1 AND (last_used_at IS NULL OR last_used_at < $2);

-- name: insert_session
-- $1 sha256 of the secret  $2 user  $3 now
INSERT INTO session (secret_hash, user_id, created_at, last_seen_at) VALUES ($1, $2, $3, $3);

-- name: delete_session
-- $1 session  $2 user
DELETE FROM session WHERE session_id = $1 AND user_id = $2;

-- name: end_sessions
-- $1 user, or NULL: all  $2 the one to keep, or NULL
DELETE FROM session WHERE ($1::uuid IS NULL OR user_id = $1) AND ($2::uuid IS NULL OR session_id <> $2);

-- name: delete_department_sessions
-- $1 department
DELETE FROM session s USING account u WHERE u.user_id = s.user_id AND u.department_code = $1;

-- name: delete_ended_sessions
-- $1 user  $2 created at or before  $3 last seen at or before
DELETE FROM session WHERE user_id = $1 AND (created_at <= $2 OR last_seen_at <= $3);

-- name: clear_sessions
-- $1 created at or before  $2 last seen at or before  $3 at most. What somebody is at work on is left to the next sweep.
DELETE FROM session
WHERE session_id IN (SELECT session_id FROM session
                     WHERE created_at <= $1 OR last_seen_at <= $2
                     LIMIT $3
                     FOR UPDATE SKIP LOCKED);

-- name: end_tokens
-- $1 user, or NULL: all  $2 now
UPDATE api_token SET revoked_at = $2 WHERE revoked_at IS NULL AND ($1::uuid IS NULL OR user_id = $1);

-- name: revoke_department_tokens
-- $1 department  $2 now
UPDATE api_token t SET revoked_at = $2 FROM account u
WHERE u.user_id = t.user_id AND u.department_code = $1 AND t.revoked_at IS NULL;

-- name: count_failures
-- $1 sha256 of the user name  $2 address  $3 failed after  $4 $5 $6 limits of the pair, the name, the address
-- Each column: when the failure that closed the door was (the limit-th newest), or NULL while it is open.
SELECT
    (SELECT failed_at FROM sign_in_failure
     WHERE username_hash = $1 AND address = $2 AND failed_at > $3 AND NOT forgiven
     ORDER BY failed_at DESC OFFSET $4::integer - 1 LIMIT 1) AS pair,
    (SELECT failed_at FROM sign_in_failure
     WHERE username_hash = $1 AND failed_at > $3
     ORDER BY failed_at DESC OFFSET $5::integer - 1 LIMIT 1) AS name,
    (SELECT failed_at FROM sign_in_failure
     WHERE address = $2 AND failed_at > $3
     ORDER BY failed_at DESC OFFSET $6::integer - 1 LIMIT 1) AS address;

-- name: insert_failure
-- $1 sha256 of the user name  $2 address  $3 now
INSERT INTO sign_in_failure (username_hash, address, failed_at) VALUES ($1, $2, $3);

-- name: forgive_failures
-- $1 sha256 of the user name  $2 address
UPDATE sign_in_failure SET forgiven = true WHERE username_hash = $1 AND address = $2 AND NOT forgiven;

-- name: delete_failures_of_name
-- $1 sha256 of the user name
DELETE FROM sign_in_failure WHERE username_hash = $1;

-- name: delete_old_failures
-- $1 failed at or before
DELETE FROM sign_in_failure WHERE failed_at <= $1;

-- name: credentials_of_username
-- $1 user name
SELECT u.user_id, u.username, u.display_name, u.department_code, u.password_hash, u.active AND d.active AS may_sign_in
FROM account u JOIN department d ON d.code = u.department_code
WHERE lower(u.username) = lower($1);

-- name: password_of_user
-- $1 user
SELECT username, password_hash FROM account WHERE user_id = $1 AND active;

-- name: reset_password
-- $1 user  $2 hash; it must be changed at the next sign-in
UPDATE account SET password_hash = $2, must_change_password = true WHERE user_id = $1;

-- name: change_password
-- $1 user  $2 hash  $3 hash that was verified: a reset or a closing that came in between wins
UPDATE account SET password_hash = $2, must_change_password = false WHERE user_id = $1 AND password_hash = $3 AND active;

-- name: rehash_password
-- $1 user  $2 hash that was verified  $3 the same password with today's parameters
UPDATE account SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2;

-- name: signed_in
-- $1 user  $2 now  $3 hash that was verified: a reset or a closing that came in between wins
UPDATE account SET last_sign_in_at = $2 WHERE user_id = $1 AND password_hash = $3 AND active;

-- name: get_user
-- $1 user  $2 department it must be of, or NULL  $3 admins too
SELECT u.user_id, u.username, u.display_name, u.role, u.active, u.must_change_password, u.last_sign_in_at, d.code, d.name
FROM account u JOIN department d ON d.code = u.department_code
WHERE u.user_id = $1 AND ($2::text IS NULL OR u.department_code = $2) AND ($3 OR u.role <> 'admin');

-- name: lock_user
-- $1 user
SELECT user_id FROM account WHERE user_id = $1 FOR UPDATE;

-- name: lock_user_of_name
-- $1 user name
SELECT user_id, username FROM account WHERE lower(username) = lower($1) FOR UPDATE;

-- name: lock_all_users
-- Before any other lock, and waiting for all who have locked one: nobody can wait for us meanwhile.
LOCK TABLE account IN EXCLUSIVE MODE;

-- name: list_users
-- $1 pattern  $2 department  $3 role  $4 active (NULL: any)  $5 department scope, or NULL  $6 admins too  $7 size  $8 offset
SELECT u.user_id, u.username, u.display_name, u.role, u.active, u.must_change_password, u.last_sign_in_at, d.code, d.name
FROM account u JOIN department d ON d.code = u.department_code
WHERE (u.username ILIKE $1 OR u.display_name ILIKE $1)
  AND ($2::text IS NULL OR u.department_code = $2)
  AND ($3::text IS NULL OR u.role = $3)
  AND ($4::boolean IS NULL OR u.active = $4)
  AND ($5::text IS NULL OR u.department_code = $5)
  AND ($6 OR u.role <> 'admin')
ORDER BY u.created_at DESC, u.user_id
LIMIT $7 OFFSET $8;

-- name: count_users
-- $1 pattern  $2 department  $3 role  $4 active (NULL: any)  $5 department scope, or NULL  $6 admins too
SELECT count(*)
FROM account u
WHERE (u.username ILIKE $1 OR u.display_name ILIKE $1)
  AND ($2::text IS NULL OR u.department_code = $2)
  AND ($3::text IS NULL OR u.role = $3)
  AND ($4::boolean IS NULL OR u.active = $4)
  AND ($5::text IS NULL OR u.department_code = $5)
  AND ($6 OR u.role <> 'admin');

-- name: insert_user
-- $1 user name  $2 display name  $3 department  $4 role  $5 password hash  $6 active  $7 must change the password
INSERT INTO account (username, display_name, department_code, role, password_hash, active, must_change_password)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (lower(username)) DO NOTHING
RETURNING user_id;

-- name: username_taken
-- $1 user name  $2 by somebody else than
SELECT EXISTS (SELECT FROM account WHERE lower(username) = lower($1) AND user_id <> $2);

-- name: update_user
-- $1 user  $2 user name  $3 display name  $4 department  $5 role  $6 active
UPDATE account SET username = $2, display_name = $3, department_code = $4, role = $5, active = $6 WHERE user_id = $1;

-- name: lock_admins
-- Every admin that can sign in, locked in one order: two changes at once cannot remove the last two.
SELECT u.user_id, u.department_code
FROM account u JOIN department d ON d.code = u.department_code
WHERE u.role = 'admin' AND u.active AND d.active
ORDER BY u.user_id
FOR UPDATE OF u;

-- name: find_admin
-- $1 user name. Whoever closed the account, it is open from now on.
UPDATE account SET active = true WHERE lower(username) = lower($1) AND role = 'admin' RETURNING user_id;

-- name: any_admin
SELECT EXISTS (SELECT FROM account WHERE role = 'admin');

-- name: get_department
-- $1 code
SELECT code, name, short_name, region, credit_code, active FROM department WHERE code = $1;

-- name: lock_department
-- $1 code
SELECT code, name, short_name, region, credit_code, active FROM department WHERE code = $1 FOR UPDATE;

-- name: department_active
-- $1 code. Locked, so that it is not closed while somebody is put into it.
SELECT active FROM department WHERE code = $1 FOR SHARE;

-- name: list_departments
-- $1 pattern  $2 active (NULL: any)  $3 size  $4 offset
SELECT code, name, short_name, region, credit_code, active
FROM department
WHERE (code ILIKE $1 OR name ILIKE $1 OR short_name ILIKE $1) AND ($2::boolean IS NULL OR active = $2)
ORDER BY code
LIMIT $3 OFFSET $4;

-- name: count_departments
-- $1 pattern  $2 active (NULL: any)
SELECT count(*) FROM department
WHERE (code ILIKE $1 OR name ILIKE $1 OR short_name ILIKE $1) AND ($2::boolean IS NULL OR active = $2);

-- name: insert_department
-- $1 code  $2 name  $3 short name  $4 region  $5 credit code  $6 active
INSERT INTO department (code, name, short_name, region, credit_code, active)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code) DO NOTHING
RETURNING code;

-- name: update_department
-- $1 code  $2 name  $3 short name  $4 region  $5 credit code  $6 active
UPDATE department SET name = $2, short_name = $3, region = $4, credit_code = $5, active = $6 WHERE code = $1;

-- name: insert_token
-- $1 sha256 of the secret  $2 user  $3 name  $4 now  $5 expires at  $6 token it was made with
INSERT INTO api_token (secret_hash, user_id, name, created_at, expires_at, parent_id) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING token_id;

-- name: token_expiry
-- $1 token
SELECT expires_at FROM api_token WHERE token_id = $1 AND revoked_at IS NULL;

-- name: session_lives
-- $1 session
SELECT EXISTS (SELECT FROM session WHERE session_id = $1);

-- name: list_tokens
-- $1 user  $2 size  $3 offset
SELECT token_id, name, created_at, expires_at, last_used_at FROM api_token
WHERE user_id = $1 AND revoked_at IS NULL
ORDER BY created_at DESC, token_id
LIMIT $2 OFFSET $3;

-- name: count_tokens
-- $1 user
SELECT count(*) FROM api_token WHERE user_id = $1 AND revoked_at IS NULL;

-- name: revoke_token
-- $1 token  $2 its user  $3 now
-- With all that was made with it; nothing where the token itself is not there.
WITH RECURSIVE family AS (
    SELECT token_id FROM api_token WHERE token_id = $1 AND user_id = $2 AND revoked_at IS NULL
    UNION
    SELECT made.token_id FROM api_token made JOIN family ON made.parent_id = family.token_id
    WHERE made.user_id = $2 AND made.revoked_at IS NULL
)
UPDATE api_token t SET revoked_at = $3 FROM family WHERE t.token_id = family.token_id RETURNING t.token_id, t.name;

-- name: lock_signing_keys
-- One process makes the first key; the others wait for it. The number is this table's alone.
SELECT pg_advisory_xact_lock(4242001);

-- name: signing_keys
-- $1 retired after
SELECT private_key FROM signing_key
WHERE retired_at IS NULL OR retired_at > $1
ORDER BY retired_at DESC NULLS FIRST, created_at DESC;

-- name: insert_signing_key
-- $1 key id  $2 private JWK
INSERT INTO signing_key (key_id, private_key) VALUES ($1, $2::jsonb);

-- name: retire_signing_keys
-- $1 now  $2 all but this one
UPDATE signing_key SET retired_at = $1 WHERE retired_at IS NULL AND key_id <> $2;

-- name: insert_audit
-- $1 at  $2 user or NULL  $3 display name  $4 department  $5 action  $6 object  $7 address
INSERT INTO audit (at, user_id, actor, department_code, action, object, address) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: clear_audit
-- $1 before  $2 at most
DELETE FROM audit
WHERE audit_id IN (SELECT audit_id FROM audit WHERE at < $1 ORDER BY at, audit_id LIMIT $2 FOR UPDATE SKIP LOCKED);

-- part: audited
-- Planned by the values given (shared.db.planning).
-- $1 since  $2 before  $3 part of the actor, or NULL  $4 action or kind of it  $5 department (NULL: any)
($1::timestamptz IS NULL OR at >= $1)
  AND ($2::timestamptz IS NULL OR at < $2)
  AND ($3::text IS NULL OR (string_to_array(lower(actor), NULL) @> string_to_array(lower($3), NULL)
                           AND strpos(lower(actor), lower($3)) > 0))
  AND ($4::text IS NULL OR action = $4 OR starts_with(action, $4 || '.'))
  AND ($5::text IS NULL OR department_code = $5)

-- name: list_audit
-- $6 limit
SELECT at, actor, action, object, department_code, address FROM audit
WHERE {audited}
ORDER BY at DESC, audit_id DESC
LIMIT $6;

-- name: count_audit
-- $6 count no further than this. In the order of the list, so that the plan is the same: of what is common it reads the newest only.
SELECT count(*) FROM (SELECT 1 FROM audit WHERE {audited} ORDER BY at DESC LIMIT $6) counted;

-- name: estimate_audit
-- The planner's idea of how many there are.
EXPLAIN (FORMAT JSON) SELECT 1 FROM audit WHERE {audited};
