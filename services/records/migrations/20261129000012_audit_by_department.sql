-- migrate:up transaction:false
-- The admin asks for one department's lines, or one kind, or one person's: none of them walks all that was ever done.
CREATE INDEX CONCURRENTLY audit_by_department ON audit (department_code, at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY audit_by_department;
