import { expect, it } from 'vitest'
import { display, joined, kinds, maxLength, type Field } from './fields'

const field = (changes: Partial<Field>) => ({ code: 'A', label: '甲', type: 'text', ...changes }) as Field

it('shows labels for codes, several of them too, and what is unknown as it is', () => {
  const choices = [
    { value: '1', label: '罚款' },
    { value: '2', label: '警告' },
  ]
  expect(display(field({ type: 'choice', choices }), '1')).toBe('罚款')
  expect(display(field({ type: 'choice', choices, several: true }), '1；2')).toBe('罚款；警告')
  expect(display(field({ type: 'choice', choices }), '9')).toBe('9')
  expect(display(field({}), '')).toBe('—')
  expect(display(field({ type: 'date' }), '2099-12-31')).toBe('长期')
})
it('takes a choice with 、 in it for one', () => {
  const value = '罚款；没收违法所得、没收非法财物'
  expect(kinds(value)).toEqual(['罚款', '没收违法所得、没收非法财物'])
  expect(joined(kinds(value))).toBe(value)
  expect(kinds('')).toEqual([])
})
it('counts characters only where a limit is worth counting', () => {
  expect(maxLength(field({ max_length: 64 }))).toBe(64)
  expect(maxLength(field({ max_length: 32767 }))).toBeUndefined()
})
