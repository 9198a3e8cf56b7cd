-- migrate:up
-- Document numbers are searched as names are: by any part, from the same index. It keeps the name that the code in service
-- merges its waiting list by, and is made before the old one goes, so that readers wait for the exchange only.
CREATE INDEX record_name_and_document ON record USING gin (name gin_trgm_ops, document gin_trgm_ops)
    WITH (gin_pending_list_limit = 65536);
DROP INDEX record_name;
ALTER INDEX record_name_and_document RENAME TO record_name;

-- Whether a person's document number tells the name or a code: the public sees these masked, and must not find by them.
CREATE FUNCTION tells_subject(document text, name text, identifiers text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN strpos(document, name) > 0 OR EXISTS (SELECT FROM unnest(identifiers) AS code WHERE strpos(document, code) > 0);

-- migrate:down
DROP FUNCTION tells_subject(text, text, text[]);
CREATE INDEX record_name_alone ON record USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 65536);
DROP INDEX record_name;
ALTER INDEX record_name_alone RENAME TO record_name;
