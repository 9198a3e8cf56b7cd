import { expect, it } from 'vitest'
import { listPage } from './links'

it('leads from a link of the interface to the page of the same rows', () => {
  expect(listPage('/api/v1/records?state=revoked&by=revoked')).toBe('/records?state=revoked&by=revoked')
  expect(listPage('/api/v1/uploads?department=d1&deleted=true')).toBe('/uploads?kind=all&department=d1&deleted=true')
  expect(listPage('/api/v1/uploads?dataset=xzxk_fr')).toBe('/uploads?dataset=xzxk_fr')
})
