import type { Schemas } from '@/api/client'

export type Day = Schemas['CalendarDay']

export const WEEKDAYS = ['一', '二', '三', '四', '五', '六', '日']
/** 0 for Monday. Noon, so that no time zone makes it another day. */
export const weekdayOf = (day: string) => (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7
export const isWeekend = (day: string) => weekdayOf(day) > 4
export const spoken = (day: string) => `${Number(day.slice(5, 7))} 月 ${Number(day.slice(8))} 日`
export const plus = (day: string, days: number) => new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** What a day is called: not only by its colour. */
export function kindOf(day: Day): 'work' | 'weekend' | 'holiday' | 'makeup' {
  if (day.is_workday) return isWeekend(day.day) ? 'makeup' : 'work'
  return isWeekend(day.day) && !day.note ? 'weekend' : 'holiday'
}
export const KINDS = { work: '工作日', weekend: '周末', holiday: '放假', makeup: '调休上班' }

/** The months of a year, each with the blanks before its first day. */
export function monthsOf(days: Day[]) {
  return Array.from({ length: 12 }, (_, month) => {
    const own = days.filter((day) => Number(day.day.slice(5, 7)) === month + 1)
    const cells: (Day | null)[] = [...Array<null>(own[0] ? weekdayOf(own[0].day) : 0).fill(null), ...own]
    while (cells.length % 7) cells.push(null)
    return { month: month + 1, weeks: Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7)) }
  })
}

/** Which decisions got another deadline by the change, in one sentence. */
export function movedDeadlines(before: Day[], after: Day[]): string {
  const now = new Map(after.map((day) => [day.day, day.due_on]))
  const moved = before.filter((day) => day.due_on && now.get(day.day) && now.get(day.day) !== day.due_on)
  const [first, last] = [moved[0], moved.at(-1)]
  if (!first || !last) return '没有决定的报送期限因此变化。'
  const later = (now.get(first.day) ?? '') > (first.due_on ?? '')
  const range = first === last ? spoken(first.day) : `${spoken(first.day)}至 ${spoken(last.day)}`
  return `${range}作出的决定，报送期限${later ? '推后' : '提前'}：例如 ${spoken(last.day)}的决定，期限由 ${last.due_on} 改为 ${now.get(last.day)}。`
}
