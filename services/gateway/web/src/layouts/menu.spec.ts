import { expect, it } from 'vitest'
import { menusFor, pathsOf, sectionOf } from './menu'

it('keeps the top menu that is open when it has the page too', () => {
  expect(sectionOf('collect', 'apply', ['/failures'])).toBe('collect')
  expect(sectionOf('data', 'apply', ['/subjects/7', '/subjects'])).toBe('data')
  expect(sectionOf('system', 'apply', ['/failures'])).toBe('apply')
  expect(sectionOf('apply', 'system', ['/messages'])).toBe('system')
  expect(sectionOf('apply', 'collect', ['/uploads/7', '/reports'])).toBe('collect')
})

it('has for each role what the role may use', () => {
  const paths = (role: 'admin' | 'viewer') => menusFor(role).flatMap(pathsOf)
  expect(paths('admin')).toContain('/admin/audit')
  expect(paths('viewer').filter((path) => path.startsWith('/admin') || path.endsWith('/new'))).toEqual([])
  expect(
    menusFor('viewer')
      .find((menu) => menu.key === 'apply')
      ?.below?.map((each) => each.to),
  ).toEqual(['/licences'])
  expect(
    menusFor('reporter')
      .find((menu) => menu.key === 'apply')
      ?.below?.map((each) => each.to),
  ).toEqual(['/uploads/new'])
})
