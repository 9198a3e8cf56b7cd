import { expect, it } from 'vitest'
import type { Dataset } from '@/api/queries'
import type { Upload } from '@/api/upload'
import { storesAtOnce, whyNotBringBack, whyNotMend } from './mending'

const upload = (more: Partial<Upload> = {}) =>
  ({
    state: 'partly_stored',
    mode: 'partial',
    counts: { rejected: 3, ignored: 1 },
    department: { code: 'a', name: '甲' },
    ...more,
  }) as Upload
type Session = Parameters<typeof whyNotMend>[1]
const person = (department: string, can: Partial<Session['can']>) =>
  ({
    can: { report: true, manage: false, admin: false, ...can },
    user: { department: { code: department } },
    mayReport: ({ departments }: Dataset) => departments === '*' || departments.includes(department),
  }) as Session
const reporter = person('a', {})
const dataset = (departments: Dataset['departments']) => ({ departments }) as Dataset

it('says why nothing can be mended', () => {
  expect(whyNotMend(upload(), reporter)).toBe('')
  expect(whyNotMend(upload({ state: 'awaiting_confirmation' }), reporter)).toBe('')
  expect(whyNotMend(upload({ state: 'storing' }), reporter)).toContain('还在处理')
  expect(whyNotMend(upload({ state: 'cancelled' }), reporter)).toContain('已取消')
  expect(whyNotMend(upload({ data_deleted_at: '2026-11-01T00:00:00Z' }), reporter)).toContain('已经撤回')
  expect(whyNotMend(upload({ state: 'failed' }), reporter)).toContain('没有可以改正的行')
  expect(whyNotMend(upload(), person('a', { report: false }))).toContain('只能查看')
})

it('says why a workbook cannot be brought back', () => {
  expect(whyNotBringBack(upload(), dataset('*'), reporter)).toBe('')
  expect(whyNotBringBack(upload(), dataset(['a']), reporter)).toBe('')
  expect(whyNotBringBack(upload(), dataset(['b']), reporter)).toContain('不再上报')
  expect(whyNotBringBack(upload(), undefined, reporter)).toContain('不再上报')
  expect(whyNotBringBack(upload(), dataset('*'), person('office', { admin: true }))).toContain('上报的部门')
})

it('promises to store at once only what is', () => {
  expect(storesAtOnce(upload())).toBe(true)
  expect(storesAtOnce(upload({ state: 'awaiting_confirmation' }))).toBe(false)
  expect(storesAtOnce(upload({ state: 'rejected', mode: 'atomic' }))).toBe(false)
  expect(storesAtOnce(upload({ state: 'rejected', mode: 'atomic', counts: { rejected: 1 } as Upload['counts'] }))).toBe(true)
})
