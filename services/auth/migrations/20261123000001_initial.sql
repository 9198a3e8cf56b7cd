-- migrate:up
-- Who you are. Secrets of sessions and tokens are kept only as sha256: whoever reads this database cannot sign in with it.

CREATE TABLE department (
    code        text        PRIMARY KEY,
    name        text        NOT NULL,
    short_name  text        NOT NULL,
    region      text        NOT NULL CHECK (region ~ '^\d{6}$'),
    credit_code text,
    active      boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- The people who may sign in. Never deleted: the audit and the records they entered name them.
CREATE TABLE account (
    user_id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    username             text        NOT NULL,
    display_name         text        NOT NULL,
    department_code      text        NOT NULL REFERENCES department (code),
    role                 text        NOT NULL CHECK (role IN ('admin', 'manager', 'reporter', 'viewer')),
    password_hash        text        NOT NULL,          -- argon2id, with its parameters
    active               boolean     NOT NULL DEFAULT true,
    must_change_password boolean     NOT NULL,
    last_sign_in_at      timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX account_username ON account (lower(username));
CREATE INDEX account_of_department ON account (department_code);

-- A living session; ending it deletes it. The audit keeps that it was.
CREATE TABLE session (
    session_id   uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash  bytea       NOT NULL,
    user_id      uuid        NOT NULL REFERENCES account (user_id),
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL                   -- moved at most once a minute
);
CREATE UNIQUE INDEX session_secret ON session (secret_hash);
CREATE INDEX session_of_user ON session (user_id);

CREATE TABLE api_token (
    token_id     uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash  bytea       NOT NULL,
    user_id      uuid        NOT NULL REFERENCES account (user_id),
    name         text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,                           -- moved at most once a minute
    revoked_at   timestamptz
);
CREATE UNIQUE INDEX api_token_secret ON api_token (secret_hash);
CREATE INDEX api_token_of_user ON api_token (user_id, created_at DESC) WHERE revoked_at IS NULL;

-- What the lockout counts. The user name is hashed: people type their password into the wrong field.
CREATE TABLE sign_in_failure (
    failure_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username_hash bytea       NOT NULL,
    address       text        NOT NULL,
    failed_at     timestamptz NOT NULL,
    -- The user has signed in from this address since: no longer counts for the pair, still for the name and for the address.
    forgiven      boolean     NOT NULL DEFAULT false
);
CREATE INDEX sign_in_failure_of_name ON sign_in_failure (username_hash, failed_at);
CREATE INDEX sign_in_failure_of_address ON sign_in_failure (address, failed_at);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (failed_at);

-- The newest signs; all that are not retired verify (services/auth/service/signing.py).
CREATE TABLE signing_key (
    key_id      text        PRIMARY KEY,
    private_key jsonb       NOT NULL,                   -- JWK, Ed25519
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at  timestamptz
);

CREATE TABLE audit (
    audit_id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL,
    user_id         uuid,                               -- of the actor; null for somebody we do not know
    actor           text        NOT NULL,               -- display name
    department_code text        NOT NULL,               -- of the actor
    action          text        NOT NULL,               -- stable word, such as user.created
    object          text        NOT NULL,
    address         text        NOT NULL
);
CREATE INDEX audit_by_time ON audit (at DESC, audit_id DESC);

-- migrate:down
DROP TABLE audit, signing_key, sign_in_failure, api_token, session, account, department;
