-- migrate:up
-- How long a record is shown, and when it was due. Used by single entries and by the bulk apply alike.

-- The seventh working day after this day, so that the bulk apply joins one row instead of counting.
ALTER TABLE calendar_day ADD COLUMN due_on date;

-- Decisions of the years before the calendar are late whatever is counted: eleven days always hold seven working days there.
CREATE FUNCTION due_on(decided_on date) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT AS $$
BEGIN
    RETURN coalesce((SELECT c.due_on FROM calendar_day c WHERE c.day = decided_on), decided_on + 11);
END $$;

-- Working days after `a` up to and including `b`; negative when b lies before a. Null outside the calendar.
CREATE FUNCTION working_days_between(a date, b date) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT AS $$
BEGIN
    RETURN (SELECT c.workday_no FROM calendar_day c WHERE c.day = b)
         - (SELECT c.workday_no FROM calendar_day c WHERE c.day = a);
END $$;

-- The last day a record is shown; null: no end.
-- 长期 (2099-12-31) is no end. A penalty without an end of its own follows the rule of the law in force on the decision date.
CREATE FUNCTION publicity_end(category text, decided_on date, valid_until date, severity text) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    degree text := CASE WHEN severity IN ('3', '严重', '特别严重', 'serious') THEN 'serious' ELSE 'general' END;
    months integer;
BEGIN
    IF valid_until < date '2099-12-31' THEN
        RETURN valid_until;
    END IF;
    IF category <> 'penalty' OR decided_on IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT r.months INTO months
    FROM publicity_rule r
    WHERE r.category = publicity_end.category AND r.severity = degree AND r.law_from <= publicity_end.decided_on
    ORDER BY r.law_from DESC
    LIMIT 1;
    RETURN (publicity_end.decided_on + make_interval(months => months))::date;
END $$;

-- reference.md §3.5. The first rows also hold for decisions older than the notices: they were the first to name a period.
INSERT INTO publicity_rule (category, law_from, severity, months, min_months, source) VALUES
    ('penalty', '1900-01-01', 'general', 12, 12, '发改办财金〔2018〕790号：一般行政处罚公示一年'),
    ('penalty', '1900-01-01', 'serious', 36, 36, '发改办财金〔2018〕790号：严重失信行政处罚公示三年'),
    ('penalty', '2019-07-01', 'general', 12, 3, '发改办财金〔2019〕527号：最短三个月，最长一年'),
    ('penalty', '2019-07-01', 'serious', 36, 6, '发改办财金〔2019〕527号：最短六个月，最长三年'),
    ('penalty', '2023-05-01', 'general', 36, 3, '国家发展改革委令第58号：最短三个月，最长三年'),
    ('penalty', '2023-05-01', 'serious', 36, 12, '国家发展改革委令第58号：最短一年，最长三年');

-- Lists. All that a list is filtered by stands in one index, newest first: a page and its total read no record they do not
-- show, however rare the match. Decision dates of all departments at once have their own.
DROP INDEX record_list, record_decided;
CREATE INDEX record_list ON record
    (dataset_code, department_code, record_id DESC, decided_on, published_until, region, state) WHERE state <> 'deleted';
CREATE INDEX record_decided ON record (decided_on, record_id, dataset_code) WHERE state <> 'deleted';
CREATE INDEX record_deleted ON record (department_code, record_id DESC) WHERE state = 'deleted';
-- Statistics count entries by hand and revocations from these alone; an upload writes neither.
DROP INDEX record_by_hand, record_revoked;
CREATE INDEX record_by_hand ON record (created_at) INCLUDE (dataset_code, department_code, decided_on, state)
    WHERE source_upload_id IS NULL;
CREATE INDEX record_revoked ON record (revoked_at) INCLUDE (dataset_code, department_code) WHERE state = 'revoked';
-- One or two characters hold no trigram: a search for them goes by the single characters of the name.
CREATE INDEX record_chars ON record USING gin (string_to_array(name, NULL)) WITH (gin_pending_list_limit = 65536);

-- migrate:down
DROP INDEX record_by_hand, record_revoked;
CREATE INDEX record_by_hand ON record (created_at) WHERE source_upload_id IS NULL;
CREATE INDEX record_revoked ON record (revoked_at) WHERE state = 'revoked';
DROP INDEX record_chars, record_deleted, record_decided, record_list;
CREATE INDEX record_list ON record (dataset_code, department_code, record_id DESC) WHERE state <> 'deleted';
CREATE INDEX record_decided ON record (dataset_code, decided_on) WHERE state <> 'deleted';
DROP FUNCTION publicity_end(text, date, date, text), working_days_between(date, date), due_on(date);
ALTER TABLE calendar_day DROP COLUMN due_on;
DELETE FROM publicity_rule WHERE category = 'penalty';
