import type { Schemas } from '@/api/client'

type Tag = 'success' | 'warning' | 'danger' | 'info' | 'primary'
export interface Label {
  text: string
  tag: Tag
}

const clock = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
/** `2026-11-23 18:05:09`, in China's time whatever the computer's. */
export function dateTime(text: string | null | undefined): string {
  return text ? clock.format(new Date(text)).replaceAll('/', '-') : '—'
}

export const LONG_TERM = '2099-12-31'
export const date = (text: string | null | undefined) => (!text ? '—' : text === LONG_TERM ? '长期' : text)

/** Today in China, `YYYY-MM-DD`. */
export const today = () => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date())

/** `days` after the day, `YYYY-MM-DD`. */
export function daysLater(day: string, days: number): string {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(Date.UTC(year!, month! - 1, date! + days)).toISOString().slice(0, 10)
}
/** First and last day of the month that lies `more` months from the day's. */
export function monthOf(day: string, more = 0): { from: string; to: string } {
  const [year, month] = day.split('-').map(Number)
  const text = (at: Date) => at.toISOString().slice(0, 10)
  return { from: text(new Date(Date.UTC(year!, month! - 1 + more, 1))), to: text(new Date(Date.UTC(year!, month! + more, 0))) }
}

export const number = (value: number | null | undefined) => (value == null ? '—' : value.toLocaleString('zh-CN'))
/** Of a rate from 0 to 1; never rounded up to 100 %. */
export function percent(rate: number | null | undefined): string {
  if (rate == null) return '—'
  const value = Math.floor(rate * 1000) / 10
  return `${value.toFixed(value === 100 || value === 0 ? 0 : 1)}%`
}

export function fileSize(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

export const UPLOAD_STATES: Record<Schemas['UploadState'], Label> = {
  received: { text: '等待检查', tag: 'info' },
  checking: { text: '正在检查', tag: 'primary' },
  storing: { text: '正在入库', tag: 'primary' },
  stored: { text: '全部入库', tag: 'success' },
  partly_stored: { text: '部分入库', tag: 'warning' },
  rejected: { text: '未入库', tag: 'danger' },
  failed: { text: '读取失败', tag: 'danger' },
  awaiting_confirmation: { text: '待确认', tag: 'warning' },
  cancelled: { text: '已取消', tag: 'info' },
}
export const RECORD_STATES: Record<Schemas['RecordState'], Label> = {
  published: { text: '公示中', tag: 'success' },
  expired: { text: '公示期满', tag: 'info' },
  revoked: { text: '已撤销', tag: 'warning' },
  deleted: { text: '已删除', tag: 'danger' },
}
export const OUTCOMES: Record<Schemas['Outcome'], Label> = {
  inserted: { text: '新增', tag: 'success' },
  updated: { text: '更新', tag: 'primary' },
  unchanged: { text: '重复，未变', tag: 'info' },
  rejected: { text: '退回', tag: 'danger' },
  corrected: { text: '已改正', tag: 'success' },
  ignored: { text: '已忽略', tag: 'info' },
  pending: { text: '待入库', tag: 'warning' },
}
export const ROLES: Record<Schemas['Role'], string> = { admin: '系统管理员', manager: '部门管理员', reporter: '填报员', viewer: '查询员' }
export const CATEGORIES: Record<NonNullable<Schemas['Dataset']['category']>, string> = {
  licence: '行政许可',
  penalty: '行政处罚',
  red_list: '红名单',
  black_list: '黑名单',
  filing: '备案登记',
  annual_check: '年检年报',
  tax: '纳税',
  tax_arrears: '欠税',
  judgment_debtor: '失信被执行人',
  other: '其他',
}
export const SUBJECTS: Record<Schemas['Dataset']['subject'], string> = { legal_person: '法人', natural_person: '自然人' }
export const isTwoPublicity = (dataset: { category?: string }) => dataset.category === 'licence' || dataset.category === 'penalty'
/** Of figures, what is said in percent. */
export const RATES = [
  { what: 'stored_rate', title: '入库率' },
  { what: 'qualified_rate', title: '合规率' },
  { what: 'on_time_rate', title: '及时率' },
] as const
