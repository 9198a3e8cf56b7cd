import { describe, expect, it } from 'vitest'
import { MANUAL } from './manual'
import { matches, pieces, wordsOf } from './text'

describe('a text of the manual', () => {
  it('has links and strong words', () => {
    expect(pieces('打开[模板管理](/templates)，点**下载**。')).toEqual([
      { text: '打开' },
      { text: '模板管理', to: '/templates' },
      { text: '，点' },
      { text: '下载', strong: true },
      { text: '。' },
    ])
  })
  it('marks what is searched, inside a link too', () => {
    expect(pieces('看 [XLS 模板](/templates)', 'xls')).toEqual([
      { text: '看 ' },
      { text: 'XLS', to: '/templates', found: true },
      { text: ' 模板', to: '/templates' },
    ])
  })
})

describe('the manual', () => {
  const sections = MANUAL.flatMap((chapter) => chapter.sections)
  it('names every place once', () => {
    const ids = [...MANUAL.map((chapter) => chapter.id), ...sections.map((section) => section.id)]
    expect(new Set(ids).size).toBe(ids.length)
  })
  it('shows no mark of its own', () => {
    for (const section of sections) for (const block of section.blocks) expect(wordsOf(block)).not.toMatch(/\*\*|\]\(/)
  })
  it('is searched in what a reader sees, not in addresses', () => {
    expect(sections.filter((section) => matches(section, '另存为')).length).toBeGreaterThan(1)
    expect(sections.filter((section) => matches(section, '/uploads/new'))).toEqual([])
  })
})
