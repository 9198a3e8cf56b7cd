import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Schemas } from '@/api/client'
import type { Dataset } from '@/api/queries'
import type { Values } from '@/lib/fields'
import FieldForm from './FieldForm.vue'

const dataset = {
  code: 'x',
  name: '测试',
  key: ['A'],
  fields: [{ code: 'A', label: '名称', type: 'text', required: true, max_length: 10 }],
} as unknown as Dataset
const bad: Schemas['RowProblem'] = {
  severity: 'error',
  cell: null,
  field: 'A',
  label: '名称',
  code: 'bad_format',
  value: 'O',
  message: '名称不对。',
  suggestion: '0',
}
const asked: unknown[] = []

const checker = async (values: Values) => {
  asked.push(values)
  const good = values.A === '0'
  return { good, problems: good ? [] : [bad] }
}
beforeEach(() => {
  vi.useFakeTimers()
  asked.length = 0
})
afterEach(() => vi.useRealTimers())

it('says the server’s words beside the field and takes a suggestion with one press', async () => {
  const form = mount(FieldForm, {
    props: { dataset, checker, modelValue: {}, 'onUpdate:modelValue': (values) => void form.setProps({ modelValue: values }) },
  })
  await form.get('input').setValue('O')
  expect(form.text()).not.toContain('名称不对')
  await vi.advanceTimersByTimeAsync(400)
  await flushPromises()
  expect(form.text()).toContain('名称不对。')
  await form.get('button.take').trigger('click')
  await vi.advanceTimersByTimeAsync(400)
  await flushPromises()
  expect(asked).toEqual([{ A: 'O' }, { A: '0' }])
  expect(form.text()).not.toContain('名称不对')
})
