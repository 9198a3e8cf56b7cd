-- migrate:up transaction:false
-- A message takes its readers with it: without this each one that goes reads the whole table.
CREATE INDEX CONCURRENTLY message_read_of_message ON message_read (message_id);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY message_read_of_message;
