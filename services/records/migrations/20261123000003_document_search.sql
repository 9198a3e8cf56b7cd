-- migrate:up
-- Document numbers are searched as names are: by any part, from the same index. The department stands in it too: a word that
-- many have is then few within one department. The indexes keep the names that the code in service merges their waiting
-- lists by, and are made before the old ones go, so that readers wait for the exchange only.
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE INDEX record_name_and_document ON record USING gin (department_code, name gin_trgm_ops, document gin_trgm_ops)
    WITH (gin_pending_list_limit = 65536);
DROP INDEX record_name;
ALTER INDEX record_name_and_document RENAME TO record_name;
CREATE INDEX record_chars_of_department ON record USING gin (department_code, string_to_array(name, NULL))
    WITH (gin_pending_list_limit = 65536);
DROP INDEX record_chars;
ALTER INDEX record_chars_of_department RENAME TO record_chars;

-- Whether a person's document number tells the name or a code: the public sees these masked, and must not find by them.
CREATE FUNCTION tells_subject(document text, name text, identifiers text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN strpos(document, name) > 0 OR EXISTS (SELECT FROM unnest(identifiers) AS code WHERE strpos(document, code) > 0);

-- migrate:down
DROP FUNCTION tells_subject(text, text, text[]);
CREATE INDEX record_name_alone ON record USING gin (name gin_trgm_ops) WITH (gin_pending_list_limit = 65536);
DROP INDEX record_name;
ALTER INDEX record_name_alone RENAME TO record_name;
DROP INDEX record_chars;
CREATE INDEX record_chars ON record USING gin (string_to_array(name, NULL)) WITH (gin_pending_list_limit = 65536);
