import { expect, it } from 'vitest'
import { router } from './router'

it('has a title of its own for every page', () => {
  const pages = router.getRoutes().filter((route) => Object.keys(route.components ?? {}).length && !route.children.length)
  expect(pages.length).toBeGreaterThan(30)
  // The public site and the platform each have a 首页; the site's name follows.
  const titles = pages.map((page) => `${page.meta.title} ${page.meta.public && !page.path.startsWith('/portal') ? '公示' : '平台'}`)
  expect(pages.filter((page) => !page.meta.title).map((page) => page.path)).toEqual([])
  expect(titles.filter((title, place) => titles.indexOf(title) !== place)).toEqual([])
})
