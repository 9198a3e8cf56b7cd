import { expect, it } from 'vitest'
import type { Dataset } from '@/api/queries'
import { differencesBetween } from './differences'
import { designOf, draftOf, newField, removeField } from './model'
import { placeOf, troublesOf } from './troubles'

const field = (code: string, label: string, changes: object = {}) => ({
  ...draftOf({ ...empty, fields: [newField({ code, label })] }).fields[0]!,
  ...changes,
})
const roles = { name: null, decided_on: null, valid_until: null, region: null, document: null }
const empty = designOf({
  code: '',
  name: '',
  category: 'other',
  subject: 'legal_person',
  standard: '',
  departments: '*',
  key: [],
  fields: [],
  rules: [],
  roles,
  version: 1,
})
const dataset: Dataset = {
  code: 't',
  name: '名录',
  category: 'red_list',
  subject: 'legal_person',
  standard: '',
  departments: ['a'],
  key: ['NAME'],
  fields: [
    field('NAME', '机构全称', { required: true }),
    field('DAY', '认定日期', { type: 'date' }),
    field('MEMO', '备注', { visibility: 'hidden' }),
  ],
  rules: [
    { kind: 'not_in_future', field: 'DAY' },
    { kind: 'required_when', field: 'MEMO', when: { field: 'DAY', equals: '*' } },
    { kind: 'one_of_required', fields: ['NAME', 'MEMO'] },
  ],
  roles: { ...roles, decided_on: 'DAY' },
  version: 3,
}

it('comes out as it went in', () => {
  const { version, ...draft } = dataset
  expect(version).toBe(3)
  expect(draftOf(designOf(dataset))).toEqual(draft)
  expect(troublesOf(designOf(dataset), false)).toEqual([])
})
it('keeps rules and uses when a code is retyped, and lets go of what a removed field carried', () => {
  const design = designOf(dataset)
  design.fields[1]!.code = 'RDRQ'
  expect(draftOf(design).rules[0]).toEqual({ kind: 'not_in_future', field: 'RDRQ' })
  expect(draftOf(design).roles.decided_on).toBe('RDRQ')
  removeField(design, design.fields[1]!.uid)
  expect(draftOf(design).rules).toEqual([{ kind: 'one_of_required', fields: ['NAME', 'MEMO'] }])
  expect(draftOf(design).roles.decided_on).toBeNull()
})
it('puts a refusal of the server at its row', () => {
  const design = designOf(dataset)
  expect(placeOf('definition.fields.1.max_length', design)).toBe(`field.${design.fields[1]!.uid}.max_length`)
  expect(placeOf('rules.0.not_in_future.field', design)).toBe(`rule.${design.rules[0]!.uid}`)
  expect(placeOf('definition', design)).toBe('all')
})
it('says what changes and what that means', () => {
  const design = designOf(dataset)
  design.fields[2]!.visibility = 'public'
  design.fields[0]!.label = '单位名称'
  design.fields.push(newField({ code: 'NO', label: '文号', required: true }))
  const { changes, consequences } = differencesBetween(dataset, draftOf(design))
  expect(changes.map((change) => change.text)).toEqual([
    '新增字段“文号”（NO），必填',
    '字段“机构全称”（NAME）：中文名称由“机构全称”改为“单位名称”',
    '字段“备注”（MEMO）：公开属性由“不公开”改为“公开”',
  ])
  const grave = consequences.filter((each) => each.grave).map((each) => each.text)
  expect(grave.join()).toContain('“文号”这一列，用旧模板上报会整个文件退回')
  expect(grave.join()).toContain('旧模板的列“机构全称”认不出来')
  expect(grave.join()).toContain('“备注”立即对公众公开')
  expect(differencesBetween(dataset, draftOf(designOf(dataset)))).toEqual({ changes: [], consequences: [] })
})
