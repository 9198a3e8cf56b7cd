import { expect, it } from 'vitest'
import { contentOf } from './sentBefore'

it('hashes a file slice by slice as the server does in one', async () => {
  expect(await contentOf(new Blob(['abc']))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  const big = new Uint8Array(2 * 1024 * 1024 + 7).map((_, index) => index % 251)
  const whole = new Uint8Array(await crypto.subtle.digest('SHA-256', big))
  expect(await contentOf(new Blob([big]))).toBe(Array.from(whole, (byte) => byte.toString(16).padStart(2, '0')).join(''))
})
