-- migrate:up transaction:false
-- The public page counts what is over, by dataset, and each home page what ends soon, by department: both within this index alone. By
-- record_ending, which it takes the place of, the first read the whole of record_list once records had ended by the thousand.
CREATE INDEX CONCURRENTLY record_ended ON record (published_until, dataset_code, department_code)
    WHERE state = 'published' AND published_until IS NOT NULL;

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY record_ended;
