import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import ListPager from './ListPager.vue'

const pager = (more: { about?: boolean; most?: number }) =>
  mount(ListPager, { props: { page: 1, size: 10, total: 25_000, shown: 10, ...more } })
const lastPage = (page: ReturnType<typeof pager>) => page.findAll('.el-pager li').at(-1)?.text()

it('says of an estimate that it is one, and offers only pages that the server shows', () => {
  const estimated = pager({ about: true, most: 10_000 })
  expect(estimated.text()).toContain('共 约 25,000 条记录')
  expect(lastPage(estimated)).toBe('1000')
  const counted = pager({})
  expect(counted.text()).toContain('共 25,000 条记录')
  expect(lastPage(counted)).toBe('2500')
})
