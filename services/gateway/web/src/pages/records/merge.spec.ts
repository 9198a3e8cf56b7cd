import { expect, it } from 'vitest'
import type { Field } from '@/lib/fields'
import { compare, merged } from './merge'

const fields = ['A', 'B', 'C', 'D', 'E'].map((code) => ({ code, label: code, type: 'text' }) as Field)
const codes = (list: Field[]) => list.map((field) => field.code).join('')
const base = { A: '1', B: '1', C: '1', D: '1' }
const mine = { A: 'me', B: 'me', C: '1', D: 'same', E: '2018/1/5' }
const theirs = { A: 'they', B: '1', C: 'they', D: 'same', E: '2018-01-05' }

it('asks only about what both changed to different values', () => {
  const merge = compare(fields, base, mine, theirs, { ...mine, E: '2018-01-05' })
  expect([codes(merge.both), codes(merge.mine), codes(merge.theirs)]).toEqual(['A', 'B', 'C'])
})
it('takes theirs, keeps mine, and follows the choice', () => {
  const merge = compare(fields, base, mine, theirs)
  expect(merged(merge, mine, theirs, { A: 'mine', E: 'theirs' })).toEqual({ ...theirs, A: 'me', B: 'me' })
  expect(merged(merge, mine, theirs, { A: 'theirs', E: 'mine' })).toEqual({ ...theirs, B: 'me', E: '2018/1/5' })
})
it('takes a value that one of the two emptied as changed', () => {
  const merge = compare(fields, base, { ...base, A: '' }, { ...base, B: '' })
  expect([codes(merge.both), codes(merge.mine), codes(merge.theirs)]).toEqual(['', 'A', 'B'])
  expect(merged(merge, { ...base, A: '' }, { ...base, B: '' }, {})).toEqual({ ...base, A: '', B: '' })
})
