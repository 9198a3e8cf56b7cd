import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError, type Schemas } from '@/api/client'
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
let refusal: Error | undefined

const checker = async (values: Values, signal: AbortSignal) => {
  asked.push(values)
  if (refusal) throw refusal
  await new Promise((answered) => setTimeout(answered, 100))
  signal.throwIfAborted()
  const good = values.A === '0'
  return { good, problems: good ? [] : [bad] }
}
beforeEach(() => {
  vi.useFakeTimers()
  asked.length = 0
  refusal = undefined
})
afterEach(() => vi.useRealTimers())

const mounted = () => {
  const form = mount(FieldForm, {
    props: { dataset, checker, modelValue: {}, 'onUpdate:modelValue': (values) => void form.setProps({ modelValue: values }) },
  })
  return form
}

it('checks what is typed while the check before saving runs, too', async () => {
  const form = mounted()
  await form.get('input').setValue('0')
  const good = form.vm.validate()
  await vi.advanceTimersByTimeAsync(50)
  await form.get('input').setValue('O')
  await vi.advanceTimersByTimeAsync(1000)
  expect(await good).toBe(false)
  expect(form.text()).toContain('名称不对。')
})

it('says of a form that is gone that nothing is good', async () => {
  const form = mounted()
  await form.get('input').setValue('0')
  const good = form.vm.validate()
  form.unmount()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await good).toBe(false)
})

it('says why nothing can be checked', async () => {
  const form = mounted()
  refusal = new ApiError(403, '没有权限', '本部门不能填报这个数据集。')
  await form.get('input').setValue('0')
  await vi.advanceTimersByTimeAsync(500)
  expect(form.text()).toContain('本部门不能填报这个数据集。')
  expect(form.text()).not.toContain('没有回答')
})

it('says the server’s words beside the field and takes a suggestion with one press', async () => {
  const form = mounted()
  await form.get('input').setValue('O')
  expect(form.text()).not.toContain('名称不对')
  await vi.advanceTimersByTimeAsync(500)
  await flushPromises()
  expect(form.text()).toContain('名称不对。')
  await form.get('button.take').trigger('click')
  await vi.advanceTimersByTimeAsync(500)
  await flushPromises()
  expect(asked).toEqual([{ A: 'O' }, { A: '0' }])
  expect(form.text()).not.toContain('名称不对')
})
