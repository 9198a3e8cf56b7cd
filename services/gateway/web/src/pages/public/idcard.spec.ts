import { expect, it } from 'vitest'
import { looksLikeIdCard } from './idcard'

it('knows an ID number, of today and of before', () => {
  for (const text of [
    '140402198001011234',
    '14040219800101123X',
    '140402 19800101 123x',
    '１４０４０２１９８００１０１１２３Ｘ',
    '140402800101123',
  ])
    expect(looksLikeIdCard(text), text).toBe(true)
  for (const text of ['911404000000000019', '91140400MA0000001X', '140400100001999', '长治市煤层气有限公司', ''])
    expect(looksLikeIdCard(text), text).toBe(false)
})
