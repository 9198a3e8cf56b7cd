import { describe, expect, it } from 'vitest'
import { date, dateTime, fileSize, percent } from './format'

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
})
