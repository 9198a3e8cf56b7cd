-- migrate:up
-- What we keep. Times are instants, days are days in Asia/Shanghai (every connection sets that time zone).

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Departments as last seen in an identity that auth signed; auth owns them.
CREATE TABLE department (
    code    text PRIMARY KEY,
    name    text NOT NULL,
    region  text NOT NULL DEFAULT '',
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- One row a version; never changed once written. `definition` is shared.datasets.definition.Dataset.
CREATE TABLE dataset (
    code       text        NOT NULL,
    version    integer     NOT NULL CHECK (version > 0),
    name       text        NOT NULL,
    category   text        NOT NULL,
    subject    text        NOT NULL,
    definition jsonb       NOT NULL,
    is_current boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text        NOT NULL,
    PRIMARY KEY (code, version)
);
CREATE UNIQUE INDEX dataset_current ON dataset (code) WHERE is_current;

CREATE TABLE upload (
    upload_id        uuid PRIMARY KEY,
    dataset_code     text        NOT NULL,
    dataset_version  integer     NOT NULL,
    department_code  text        NOT NULL,
    department_name  text        NOT NULL,
    user_id          text        NOT NULL,
    user_name        text        NOT NULL,
    file_name        text        NOT NULL,
    file_size        integer     NOT NULL,
    sha256           text        NOT NULL,
    mode             text        NOT NULL CHECK (mode IN ('partial', 'atomic')),
    on_duplicate     text        NOT NULL CHECK (on_duplicate IN ('update', 'skip', 'reject')),
    dry_run          boolean     NOT NULL,
    state            text        NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'checking', 'storing',
                         'stored', 'partly_stored', 'rejected', 'failed', 'awaiting_confirmation', 'cancelled')),
    same_file_as     uuid,
    uploaded_at      timestamptz NOT NULL DEFAULT now(),
    -- Last sign of life; the sweep publishes an unfinished upload again when it is too old.
    progressed_at    timestamptz NOT NULL DEFAULT now(),
    attempts         integer     NOT NULL DEFAULT 1,
    rows_total       integer,           -- rows below the header, known once the workbook is open
    rows_done        integer     NOT NULL DEFAULT 0,
    batches_done     integer     NOT NULL DEFAULT 0,
    batches_total    integer,           -- known once the worker is through
    -- Counts of api.md; total = inserted + updated + unchanged + rejected once finished.
    total            integer     NOT NULL DEFAULT 0,
    inserted         integer     NOT NULL DEFAULT 0,
    updated          integer     NOT NULL DEFAULT 0,
    unchanged        integer     NOT NULL DEFAULT 0,
    rejected         integer     NOT NULL DEFAULT 0,
    warned           integer     NOT NULL DEFAULT 0,
    ignored          integer     NOT NULL DEFAULT 0,
    corrected        integer     NOT NULL DEFAULT 0,
    first_rejected   integer     NOT NULL DEFAULT 0,  -- rejected when it came, before any mending: 合规率
    on_time          integer     NOT NULL DEFAULT 0,  -- of the inserted rows with a decision date: 及时率
    late             integer     NOT NULL DEFAULT 0,
    failure_code     text,
    failure_message  text,
    notices          jsonb       NOT NULL DEFAULT '[]',
    columns          jsonb       NOT NULL DEFAULT '{}',   -- FIELD_CODE → column letters, to name cells when a row is mended
    applied_at       timestamptz,       -- the ledger became records
    finished_at      timestamptz,
    deleted_at       timestamptz,
    data_deleted_at  timestamptz,
    request_id       text        NOT NULL DEFAULT '',
    FOREIGN KEY (dataset_code, dataset_version) REFERENCES dataset (code, version)
);
CREATE INDEX upload_of_department ON upload (department_code, uploaded_at DESC);
CREATE INDEX upload_by_time ON upload (uploaded_at DESC);
CREATE INDEX upload_same_file ON upload (department_code, sha256);
-- Not on progressed_at: every batch of rows writes it, and would write the index too.
CREATE INDEX upload_unfinished ON upload (uploaded_at) WHERE state IN ('received', 'checking', 'storing');

-- The inbox of the persister: a batch that is here has been stored. Emptied when the upload is applied.
CREATE TABLE ledger_batch (
    upload_id uuid    NOT NULL,
    batch     integer NOT NULL,
    PRIMARY KEY (upload_id, batch)
);

-- The row ledger. A good row is 'accepted': its fate is that of its upload (pending, or inserted once applied_at is set),
-- so that applying ten thousand good rows writes none of them again. Only the other outcomes are written out.
CREATE TABLE ledger (
    upload_id uuid     NOT NULL,
    row       integer  NOT NULL,        -- Excel's row number
    outcome   text     NOT NULL CHECK (outcome IN ('accepted', 'updated', 'unchanged', 'rejected', 'ignored', 'closed')),
    mended    boolean  NOT NULL DEFAULT false,    -- was rejected, corrected in place since; 'closed': by another upload
    warned    boolean  NOT NULL DEFAULT false,
    key       uuid,                     -- identity key; see shared/datasets/keys.py
    values    jsonb    NOT NULL,        -- FIELD_CODE → text
    problems  jsonb,                    -- [RowProblem] or null
    record_id bigint,                   -- set for updated and unchanged; inserted rows are found by record.source_*
    origin_upload_id uuid,              -- the rejected row this one corrects (workbook of failed rows)
    origin_row       integer,
    closed_by_upload_id uuid,           -- the upload that corrected this row
    PRIMARY KEY (upload_id, row)
);
-- The outcome clients are told.
CREATE FUNCTION shown_outcome(outcome text, mended boolean, applied boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN outcome = 'closed' OR (mended AND outcome IN ('accepted', 'updated', 'unchanged')) THEN 'corrected'
    WHEN outcome = 'accepted' AND applied THEN 'inserted'
    WHEN outcome = 'accepted' THEN 'pending'
    ELSE outcome
END;
CREATE INDEX ledger_problem ON ledger (upload_id, row) WHERE outcome <> 'accepted' OR warned OR mended;
CREATE INDEX ledger_origin ON ledger (upload_id) WHERE origin_upload_id IS NOT NULL;
CREATE INDEX ledger_closed_by ON ledger (closed_by_upload_id) WHERE closed_by_upload_id IS NOT NULL;

CREATE TABLE record (
    record_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_code     text        NOT NULL,
    dataset_version  integer     NOT NULL,
    department_code  text        NOT NULL,
    state            text        NOT NULL DEFAULT 'published' CHECK (state IN ('published', 'revoked', 'deleted')),
    key              uuid        NOT NULL,
    name             text        NOT NULL,        -- name of the subject
    identifiers      text[] COLLATE "C" NOT NULL, -- codes of the subject itself; a natural person's number too
    region           text        NOT NULL DEFAULT '',
    document         text        NOT NULL DEFAULT '',
    decided_on       date,
    published_until  date,                        -- expired once this day has passed; null: no end
    values           jsonb       NOT NULL,
    revision         integer     NOT NULL DEFAULT 1,
    source_upload_id uuid,                        -- where the record came from …
    source_row       integer,
    changed_by_upload_id uuid,                    -- … and which upload its present values are from; null: edited by hand
    created_at       timestamptz NOT NULL DEFAULT now(),
    created_by       text        NOT NULL,        -- user id
    created_by_name  text        NOT NULL,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    updated_by       text        NOT NULL,
    updated_by_name  text        NOT NULL,
    revoked_at       timestamptz,
    revoked_by_name  text,
    revocation_reason text
);
-- One living record a key, within a department and dataset.
-- The key first: it alone decides nearly every comparison.
CREATE UNIQUE INDEX record_key ON record (key, dataset_code, department_code) WHERE state <> 'deleted';
CREATE INDEX record_of_source ON record (source_upload_id, source_row) WHERE source_upload_id IS NOT NULL;
-- The waiting lists of the two GIN indexes are merged by the persister, after an upload instead of inside it.
CREATE INDEX record_name ON record USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 65536);
CREATE INDEX record_identifiers ON record USING gin (identifiers) WITH (gin_pending_list_limit = 65536);
CREATE INDEX record_list ON record (dataset_code, department_code, record_id DESC) WHERE state <> 'deleted';
CREATE INDEX record_by_hand ON record (created_at) WHERE source_upload_id IS NULL;
CREATE INDEX record_revoked ON record (revoked_at) WHERE state = 'revoked';
CREATE INDEX record_decided ON record (dataset_code, decided_on) WHERE state <> 'deleted';
CREATE INDEX record_ending ON record (published_until) WHERE state = 'published' AND published_until IS NOT NULL;

-- Changes after the first: revision n has what the record was before and what it became. Revision 1, the creation, is not
-- written: it is the record itself, so that ten thousand new records cost nothing here.
CREATE TABLE revision (
    record_id  bigint      NOT NULL REFERENCES record (record_id),
    revision   integer     NOT NULL,
    action     text        NOT NULL CHECK (action IN ('updated', 'deleted', 'revoked', 'restored', 'undone')),
    at         timestamptz NOT NULL DEFAULT now(),
    by         text        NOT NULL,
    by_name    text        NOT NULL,
    reason     text        NOT NULL DEFAULT '',
    upload_id  uuid,
    row        integer,
    before     jsonb,
    after      jsonb,
    before_changed_by_upload_id uuid,
    before_dataset_version integer NOT NULL,
    PRIMARY KEY (record_id, revision)
);
CREATE INDEX revision_of_upload ON revision (upload_id) WHERE upload_id IS NOT NULL;

-- Living records by department and dataset, kept exact in the transactions that change them: the total of an unfiltered list.
CREATE TABLE record_tally (
    dataset_code    text   NOT NULL,
    department_code text   NOT NULL,
    records         bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (dataset_code, department_code)
);

-- The state's holiday calendar. workday_no counts the working days up to and including the day, so that the distance of two
-- days is a subtraction. provisional: no holiday notice for that year yet, Monday to Friday assumed.
CREATE TABLE calendar_day (
    day         date PRIMARY KEY,
    is_workday  boolean NOT NULL,
    provisional boolean NOT NULL DEFAULT false,
    note        text    NOT NULL DEFAULT '',
    workday_no  integer NOT NULL
);
CREATE INDEX calendar_day_workday_no ON calendar_day (workday_no) WHERE is_workday;

-- How long a penalty is shown, from the decision date, by the law in force on that date (reference.md §3.5).
CREATE TABLE publicity_rule (
    category   text    NOT NULL,
    law_from   date    NOT NULL,        -- decisions on or after this day, until the next rule
    severity   text    NOT NULL DEFAULT 'general' CHECK (severity IN ('general', 'serious')),
    months     integer NOT NULL,        -- shown for at most this long
    min_months integer NOT NULL,        -- may be ended on request after this long
    source     text    NOT NULL,
    PRIMARY KEY (category, law_from, severity)
);

-- 消息提醒. Addressed to one user, or to everybody of a department.
CREATE TABLE message (
    message_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text        NOT NULL CHECK (kind IN ('import_finished', 'rows_waiting', 'publicity_ended', 'deadline_near', 'calendar')),
    department_code text        NOT NULL,
    user_id         text,
    title           text        NOT NULL,
    body            text        NOT NULL,
    link            text        NOT NULL DEFAULT '',
    -- The same fact twice makes one message.
    fact            text        NOT NULL UNIQUE,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX message_of_department ON message (department_code, message_id DESC);

CREATE TABLE message_read (
    user_id    text        NOT NULL,
    message_id bigint      NOT NULL REFERENCES message (message_id) ON DELETE CASCADE,
    read_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, message_id)
);

CREATE TABLE audit (
    audit_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT now(),
    actor           text        NOT NULL,       -- display name of the officer
    user_id         text        NOT NULL,
    department_code text        NOT NULL,
    action          text        NOT NULL,       -- stable word such as upload.undone
    object          text        NOT NULL,       -- what it was done to: kind and id, never a person's data
    reason          text        NOT NULL DEFAULT '',
    address         text        NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_time ON audit (at DESC);

-- migrate:down
DROP FUNCTION shown_outcome(text, boolean, boolean);
DROP TABLE audit, message_read, message, publicity_rule, calendar_day, record_tally, revision, record, ledger, ledger_batch,
    upload, dataset, department;
