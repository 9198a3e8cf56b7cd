-- migrate:up
-- The day tax arrears were counted to had been taken for the end of their publicity.
UPDATE record r
SET published_until = NULL
FROM dataset d
WHERE d.code = r.dataset_code AND d.version = r.dataset_version AND d.category = 'tax_arrears'
  AND d.definition -> 'roles' ->> 'valid_until' IS NULL AND r.published_until IS NOT NULL;

-- migrate:down
SELECT 1;
