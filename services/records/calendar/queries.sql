-- name: seed_days
-- $1 days  $2 working?  $3 provisional?  $4 notes. A day an admin has set, or a notice has settled, stays as it is.
INSERT INTO calendar_day AS c (day, is_workday, provisional, note, workday_no)
SELECT t.day, t.is_workday, t.provisional, t.note, 0
FROM unnest($1::date[], $2::boolean[], $3::boolean[], $4::text[]) AS t (day, is_workday, provisional, note)
ON CONFLICT (day) DO UPDATE
SET is_workday = excluded.is_workday, provisional = excluded.provisional, note = excluded.note
WHERE c.provisional AND NOT excluded.provisional;

-- name: renumber
-- workday_no counts from the first day of the calendar; due_on is the seventh working day after the day. Only rows that
-- come out differently are written.
WITH counted AS (
    SELECT day, (count(*) FILTER (WHERE is_workday) OVER (ORDER BY day))::integer AS workday_no
    FROM calendar_day
), workdays AS (
    SELECT c.day, c.workday_no
    FROM counted c
    JOIN calendar_day d USING (day)
    WHERE d.is_workday
), due AS (
    SELECT counted.day, counted.workday_no, workdays.day AS due_on
    FROM counted
    LEFT JOIN workdays ON workdays.workday_no = counted.workday_no + 7
)
UPDATE calendar_day c
SET workday_no = due.workday_no, due_on = due.due_on
FROM due
WHERE c.day = due.day AND (c.workday_no, c.due_on) IS DISTINCT FROM (due.workday_no, due.due_on);

-- name: list_days
-- $1 year
SELECT day, is_workday, provisional, note, due_on
FROM calendar_day
WHERE day BETWEEN make_date($1, 1, 1) AND make_date($1, 12, 31)
ORDER BY day;

-- name: change_day
-- $1 day  $2 working?  $3 note
UPDATE calendar_day SET is_workday = $2, note = $3, provisional = false WHERE day = $1 RETURNING day;

-- name: get_day
SELECT day, is_workday, provisional, note, due_on FROM calendar_day WHERE day = $1;

-- name: lock_calendar
-- Two who change days wait for each other: each recounts all days after its own.
LOCK TABLE calendar_day IN SHARE ROW EXCLUSIVE MODE;

-- name: settle_year
-- $1 year. Its remaining days are as they should be.
UPDATE calendar_day SET provisional = false
WHERE provisional AND day BETWEEN make_date($1, 1, 1) AND make_date($1, 12, 31);
