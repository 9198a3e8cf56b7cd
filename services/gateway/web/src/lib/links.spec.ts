import { expect, it } from 'vitest'
import { listPage, pageToReturnTo } from './links'

it('leads from a link of the interface to the page of the same rows', () => {
  expect(listPage('/api/v1/records?state=revoked&by=revoked')).toBe('/records?state=revoked&by=revoked')
  expect(listPage('/api/v1/uploads?department=d1&deleted=true')).toBe('/uploads?kind=all&department=d1&deleted=true')
  expect(listPage('/api/v1/uploads?dataset=xzxk_fr')).toBe('/uploads?dataset=xzxk_fr')
})

it('returns to pages of this site only', () => {
  expect(pageToReturnTo('/statistics?group_by=month#top')).toBe('/statistics?group_by=month#top')
  expect(pageToReturnTo('/records?q=%E9%95%BF//x')).toBe('/records?q=%E9%95%BF//x')
  const elsewhere = ['//evil.example', '/\\evil.example', '/\t/evil.example', '\t//evil.example', '/\n/evil.example', '\\\\evil.example']
  const schemes = ['https://evil.example', 'https:evil.example', 'javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x']
  const odd = [
    '',
    'evil.example',
    '@evil.example',
    undefined,
    null,
    ['/home', '//evil.example'],
    '/portal',
    '/portal/password?next=//evil.example',
  ]
  for (const next of [...elsewhere, ...schemes, ...odd]) expect(pageToReturnTo(next)).toBe('/home')
})
