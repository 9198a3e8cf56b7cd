-- name: empty
TRUNCATE record, revision, ledger, ledger_batch, upload, record_tally, message, message_read;

-- name: secondary_indexes
-- Those that serve reading only, with the statements that make them.
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
WHERE i.indrelid IN ('record'::regclass, 'ledger'::regclass, 'revision'::regclass) AND NOT i.indisprimary;

-- name: add_departments
-- $1 the department that can sign in; nineteen others
INSERT INTO department (code, name, region)
SELECT CASE n WHEN 0 THEN $1 ELSE 'full' || n END, '市第' || n || '局', '140400'
FROM generate_series(0, 19) AS n
ON CONFLICT DO NOTHING;

-- name: add_uploads
-- $1 the department that can sign in  $2 rows of each
-- Two hundred files over two years, ten of each department, the newest last.
INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id, user_name, file_name,
                    file_size, sha256, mode, on_duplicate, dry_run, state, uploaded_at, rows_total, rows_done,
                    total, inserted, on_time, late, applied_at, finished_at)
SELECT md5('upload' || n)::uuid, 'xzxk_fr', 1, CASE n % 20 WHEN 0 THEN $1 ELSE 'full' || n % 20 END, '局', 'u', '李四', 'a.xls',
       4000000, md5(n::text) || md5(n::text), 'partial', 'update', false, 'stored', at, $2, $2,
       $2, $2, $2 * 4 / 5, $2 / 5, at, at
FROM generate_series(0, 199) AS n, LATERAL (SELECT timestamptz '2026-11-20' - (199 - n) * interval '3.6 days' AS at) t;

-- name: add_records
-- $1 the department that can sign in  $2 rows of each upload, which came one after the other
INSERT INTO record (dataset_code, dataset_version, department_code, key, name, identifiers, region, document, decided_on,
                    published_until, values, source_upload_id, source_row, changed_by_upload_id, created_at, created_by,
                    created_by_name, updated_at, updated_by, updated_by_name)
SELECT 'xzxk_fr', 1, CASE file % 20 WHEN 0 THEN $1 ELSE 'full' || file % 20 END, md5(n::text)::uuid, name, ARRAY[code], region,
       document, decided, NULL,
       jsonb_build_object('XK_WSH', document, 'XK_XMMC', '特种设备使用登记', 'XK_SPLB', '普通', 'XK_NR', '准予第' || n || '号申请事项，许可范围以许可证所载为准',
           'XK_XDR', name, 'XK_XDR_SHXYM', code, 'XK_XDR_ZDM', substr(code, 9, 9), 'XK_FR', '李四', 'XK_JDRQ', decided::text,
           'XK_JZQ', '2099-12-31', 'XK_XZJG', '长治市市场监督管理局', 'XK_ZT', '0', 'DFBM', region, 'SJC', (decided + 3)::text, 'BZ', '网上受理，第3批'),
       md5('upload' || file)::uuid, n % $2 + 3, md5('upload' || file)::uuid, at, 'u', '李四', at, 'u', '李四'
FROM generate_series(0, 200 * $2::integer - 1) AS n,
LATERAL (SELECT n / $2 AS file,
                '长治市第' || n % 200000 || (ARRAY['煤层气', '建筑安装', '食品加工', '医药连锁', '物流运输', '机械制造', '农产品购销',
                    '餐饮服务'])[n % 8 + 1] || '有限公司' AS name,
                '91140400' || lpad(n::text, 9, '0') || 'X' AS code,
                (ARRAY['140400', '140403', '140404', '140405', '140406', '140423'])[n % 6 + 1] AS region,
                '长许准字〔2024〕' || n || '号' AS document,
                date '2024-01-02' + n % 1000 AS decided,
                timestamptz '2026-11-20' - (199 - n / $2) * interval '3.6 days' AS at) AS made;

-- name: add_ledger
INSERT INTO ledger (upload_id, row, outcome, key, values)
SELECT source_upload_id, source_row, 'accepted', key, values
FROM record
WHERE source_upload_id IN (SELECT upload_id FROM upload WHERE file_name = 'a.xls')
  AND (department_code = $1 OR department_code LIKE 'full%');

-- name: add_tally
INSERT INTO record_tally (dataset_code, department_code, records)
SELECT dataset_code, department_code, count(*)
FROM record
WHERE department_code = $1 OR department_code LIKE 'full%'
GROUP BY 1, 2
ON CONFLICT (dataset_code, department_code) DO UPDATE SET records = excluded.records;

-- name: add_revisions
-- Every tenth record was changed by hand once.
INSERT INTO revision (record_id, revision, action, by, by_name, before, after, before_dataset_version)
SELECT record_id, 2, 'updated', 'u', '李四', values, values, dataset_version FROM record WHERE record_id % 10 = 0;

-- name: sizes
SELECT 'record ' || pg_size_pretty(pg_total_relation_size('record')) || ' (indexes ' || pg_size_pretty(pg_indexes_size('record')) || ')' || ', ledger ' || pg_size_pretty(pg_total_relation_size('ledger'))
       || ', revision ' || pg_size_pretty(pg_total_relation_size('revision'));
