import { describe, expect, it } from 'vitest'
import { date, dateTime, daysLater, fileSize, monthOf, percent } from './format'

describe('what a person reads', () => {
  it('shows times in China, wherever the computer is', () => {
    expect(dateTime('2026-11-22T17:05:09Z')).toBe('2026-11-23 01:05:09')
    expect(dateTime(null)).toBe('—')
  })
  it('knows the open end', () => {
    expect(date('2099-12-31')).toBe('长期')
    expect(date('2026-01-31')).toBe('2026-01-31')
  })
  it('never rounds a rate up to all', () => {
    expect(percent(0.99999)).toBe('99.9%')
    expect(percent(1)).toBe('100%')
    expect(percent(0)).toBe('0%')
    expect(percent(null)).toBe('—')
  })
  it('shows sizes as a file manager does', () => {
    expect(fileSize(35 * 1024)).toBe('35 KB')
    expect(fileSize(1)).toBe('1 B')
    expect(fileSize(3 * 1024 * 1024)).toBe('3.0 MB')
  })
  it('counts days and months across the year', () => {
    expect(daysLater('2026-12-15', 30)).toBe('2027-01-14')
    expect(monthOf('2026-03-31', -1)).toEqual({ from: '2026-02-01', to: '2026-02-28' })
    expect(monthOf('2026-01-01', -1)).toEqual({ from: '2025-12-01', to: '2025-12-31' })
  })
})
