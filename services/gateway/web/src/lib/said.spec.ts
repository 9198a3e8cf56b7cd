import { expect, it } from 'vitest'
import { ApiError } from '@/api/client'
import { said } from './said'

const refusal = (...messages: string[]) =>
  new ApiError(
    422,
    '不合格',
    '有内容不合格。',
    'invalid',
    messages.map((message) => ({ field: 'x', code: 'x', message })),
  )

it('says what is wrong with single fields, where they are few', () => {
  expect(said(refusal('密码太短。', '密码太常见。'))).toBe('密码太短。 密码太常见。')
  expect(said(refusal('一。', '二。', '三。', '四。'))).toBe('有内容不合格。')
  expect(said(refusal())).toBe('有内容不合格。')
  expect(said(new Error('断了'))).toBe('断了')
})
