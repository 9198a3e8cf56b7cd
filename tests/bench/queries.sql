-- name: empty
TRUNCATE record, revision, ledger, ledger_batch, upload, record_tally, message, message_read, audit;

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

-- name: add_files
-- $1 the department that can sign in  $2 how many. What a working year leaves beside records: files of two hundred rows, before the
-- newest of add_uploads; a tenth had a bad row, of which every fiftieth still waits. Their rows are counted only.
INSERT INTO upload (upload_id, dataset_code, dataset_version, department_code, department_name, user_id, user_name, file_name,
                    file_size, sha256, mode, on_duplicate, dry_run, state, uploaded_at, rows_total, rows_done,
                    total, inserted, rejected, ignored, first_rejected, on_time, late, applied_at, finished_at)
SELECT md5('file' || n)::uuid, 'xzxk_fr', 1, CASE n % 20 WHEN 0 THEN $1 ELSE 'full' || n % 20 END, '局', 'u', '李四', 'b.xls',
       90000, md5('file' || n) || md5('file' || n), 'partial', 'update', false,
       CASE bad WHEN 0 THEN 'stored' ELSE 'partly_stored' END, at, 200, 200,
       200, 200 - bad, bad, CASE WHEN n / 20 % 500 = 0 THEN 0 ELSE bad END, bad, 160, 40 - bad, at, at
FROM generate_series(1, $2::integer) AS n,
LATERAL (SELECT timestamptz '2026-11-19' - n * interval '715 days' / $2 AS at, (n / 20 % 10 = 0)::integer AS bad) t;

-- name: add_waiting_rows
INSERT INTO ledger (upload_id, row, outcome, key, values, problems)
SELECT upload_id, 3, 'rejected', NULL, '{"XK_WSH": "长许准字〔2024〕1号", "XK_JDRQ": "2024-02-30"}',
       '[{"severity": "error", "cell": "L3", "field": "XK_JDRQ", "label": "许可决定日期", "code": "bad_date", "value": "2024-02-30",
          "message": "没有这一天。"}]'
FROM upload
WHERE file_name = 'b.xls' AND rejected > ignored;

-- name: add_messages
-- One a file, to its department.
INSERT INTO message (kind, department_code, title, body, fact, created_at)
SELECT 'import_finished', department_code, '导入完成', '200 行', 'upload:' || upload_id || ':finished', finished_at
FROM upload
WHERE file_name = 'b.xls'
ORDER BY uploaded_at;

-- name: add_readings
-- Three of a department have read what is not of its last days.
INSERT INTO message_read (user_id, message_id)
SELECT CASE reader WHEN 0 THEN 'u-' || department_code || '-reporter' ELSE 'u' || reader END, message_id
FROM message, generate_series(0, 2) AS reader
WHERE created_at < (SELECT max(created_at) - interval '7 days' FROM message);

-- name: add_audit
-- Three lines a file: of some thousand people, one line in five hundred of a rare kind.
INSERT INTO audit (at, actor, user_id, department_code, action, object, address)
SELECT u.uploaded_at + line * interval '1 minute', name, md5(name), u.department_code,
       CASE WHEN number % 500 = 0 THEN 'dataset.changed' ELSE (ARRAY['upload.registered', 'rows.mended', 'record.updated'])[line] END,
       'upload ' || u.upload_id, '192.0.2.1'
FROM (SELECT *, row_number() OVER (ORDER BY uploaded_at) AS number FROM upload WHERE file_name = 'b.xls') u,
     generate_series(1, 3) AS line,
LATERAL (SELECT (ARRAY['王', '李', '张', '刘', '陈', '杨', '赵', '黄'])[number % 8 + 1] || number % 2011 AS name) n
ORDER BY 1;

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
