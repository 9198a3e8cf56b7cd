import { expect, it } from 'vitest'
import { kindOf, monthsOf, movedDeadlines, plus, weekdayOf, type Day } from './calendar'

const day = (text: string, changes: Partial<Day> = {}): Day => ({
  day: text,
  is_workday: weekdayOf(text) < 5,
  provisional: false,
  note: '',
  due_on: null,
  ...changes,
})
const year = (number: number) => Array.from({ length: 365 }, (_, days) => day(plus(`${number}-01-01`, days)))

it('puts every day into its week', () => {
  const months = monthsOf(year(2026))
  expect(months).toHaveLength(12)
  expect(months[0]!.weeks[0]!.map((each) => each?.day ?? null)).toEqual([
    null,
    null,
    null,
    '2026-01-01',
    '2026-01-02',
    '2026-01-03',
    '2026-01-04',
  ])
  expect(months.flatMap((month) => month.weeks.flat()).filter(Boolean)).toHaveLength(365)
  expect(months.every((month) => month.weeks.every((week) => week.length === 7))).toBe(true)
})
it('names a day by more than its weekday', () => {
  expect(kindOf(day('2026-10-01', { is_workday: false, note: '国庆节' }))).toBe('holiday')
  expect(kindOf(day('2026-10-10', { is_workday: true, note: '国庆节调休上班' }))).toBe('makeup')
  expect(kindOf(day('2026-10-17'))).toBe('weekend')
  expect(kindOf(day('2026-10-16'))).toBe('work')
})
it('says whose deadline moved, and where to', () => {
  const before = [
    day('2026-11-02', { due_on: '2026-11-11' }),
    day('2026-11-03', { due_on: '2026-11-12' }),
    day('2026-11-04', { due_on: '2026-11-13' }),
  ]
  const after = [
    day('2026-11-02', { due_on: '2026-11-12' }),
    day('2026-11-03', { due_on: '2026-11-13' }),
    day('2026-11-04', { due_on: '2026-11-13' }),
  ]
  expect(movedDeadlines(before, after)).toBe(
    '11 月 2 日至 11 月 3 日作出的决定，报送期限推后：例如 11 月 3 日的决定，期限由 2026-11-12 改为 2026-11-13。',
  )
  expect(movedDeadlines(after, before)).toContain('提前')
  expect(movedDeadlines(before, before)).toContain('没有')
})
