-- migrate:up transaction:false
-- text_pattern_ops: a kind is the beginning of an action.
CREATE INDEX CONCURRENTLY audit_by_action ON audit (action text_pattern_ops, at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY audit_by_action;
