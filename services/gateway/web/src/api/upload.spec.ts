import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Upload } from './upload'
import { followUpload } from './upload'

let answer: (upload: Partial<Upload>) => void
let hear: (event: { data: string }) => void
let closed = false

vi.mock('./client', () => ({
  data: (given: unknown) => given,
  api: { GET: () => new Promise((resolve) => (answer = resolve as typeof answer)) },
}))
beforeEach(() => {
  closed = false
  vi.stubGlobal(
    'EventSource',
    class {
      addEventListener = (_name: string, listener: typeof hear) => (hear = listener)
      close = () => (closed = true)
    },
  )
})
afterEach(() => vi.unstubAllGlobals())

it('takes no older state that was under way when the end came', async () => {
  const states: string[] = []
  followUpload('1', (upload) => states.push(upload.state)) // asks at once
  hear({ data: JSON.stringify({ id: '1', state: 'checking' }) })
  hear({ data: JSON.stringify({ id: '2', state: 'stored' }) })
  hear({ data: JSON.stringify({ id: '1', state: 'stored' }) })
  answer({ id: '1', state: 'checking' })
  await flushPromises()
  expect(states).toEqual(['checking', 'stored'])
  expect(closed).toBe(true)
})
