-- migrate:up
-- A row mended in an upload that has not been applied (refused whole, or a dry run) waits with the others: it is in no record yet.
CREATE OR REPLACE FUNCTION shown_outcome(outcome text, mended boolean, applied boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN outcome = 'closed' THEN 'corrected'
    WHEN outcome = 'accepted' AND NOT applied THEN 'pending'
    WHEN mended AND outcome IN ('accepted', 'updated', 'unchanged') THEN 'corrected'
    WHEN outcome = 'accepted' THEN 'inserted'
    ELSE outcome
END;

-- migrate:down
CREATE OR REPLACE FUNCTION shown_outcome(outcome text, mended boolean, applied boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN outcome = 'closed' OR (mended AND outcome IN ('accepted', 'updated', 'unchanged')) THEN 'corrected'
    WHEN outcome = 'accepted' AND applied THEN 'inserted'
    WHEN outcome = 'accepted' THEN 'pending'
    ELSE outcome
END;
