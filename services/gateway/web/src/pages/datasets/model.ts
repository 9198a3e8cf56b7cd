import type { Schemas } from '@/api/client'
import type { Dataset } from '@/api/queries'
import { ROLES, type FieldType, type Identifier, type RoleName, type Rule, type RuleKind, type Visibility } from './words'

// A dataset while it is being designed. Fields are known by a number of their own: a code may be retyped without breaking a rule.

export type Draft = Schemas['DatasetDraft']
export type FieldDefinition = Schemas['FieldDefinition']

export interface ChoiceRow {
  uid: number
  value: string
  label: string
}
export interface FieldRow {
  uid: number
  /** The code it has in the version that was opened; null for a new field. */
  stored: string | null
  code: string
  label: string
  type: FieldType
  required: boolean
  max_length: number | undefined
  identifier: Identifier | ''
  choices: ChoiceRow[]
  several: boolean
  hint: string
  example: string
  visibility: Visibility
  in_list: boolean
  in_filter: boolean
  aliases: string[]
}
export interface RuleRow {
  uid: number
  kind: RuleKind
  fields: number[]
  field: number | undefined
  other: number | undefined
  when: number | undefined
  any: boolean
  equals: string[]
}
export interface Design {
  code: string
  name: string
  category: Draft['category']
  subject: Draft['subject']
  standard: string
  everybody: boolean
  departments: string[]
  fields: FieldRow[]
  key: number[]
  rules: RuleRow[]
  roles: Record<RoleName, number | undefined>
}
const ROLE_NAMES = Object.keys(ROLES) as RoleName[]

let last = 0
const next = () => ++last
/** Numbers given from now on are none of this design's. */
export function continueFrom(design: Design) {
  const uids = [...design.fields, ...design.rules, ...design.fields.flatMap((field) => field.choices)].map((each) => each.uid)
  last = Math.max(last, ...uids)
}

export const newChoice = (value = '', label = ''): ChoiceRow => ({ uid: next(), value, label })
export const newField = (changes: Partial<FieldRow> = {}): FieldRow => ({
  uid: next(),
  stored: null,
  code: '',
  label: '',
  type: 'text',
  required: false,
  max_length: 256,
  identifier: '',
  choices: [],
  several: false,
  hint: '',
  example: '',
  visibility: 'unset',
  in_list: false,
  in_filter: false,
  aliases: [],
  ...changes,
})
export const newRule = (kind: RuleKind): RuleRow => ({
  uid: next(),
  kind,
  fields: [],
  field: undefined,
  other: undefined,
  when: undefined,
  any: false,
  equals: [],
})

/** A new dataset: the fields nearly every one has. */
export function blankDesign(): Design {
  const name = newField({
    code: 'JGQC',
    label: '机构全称',
    required: true,
    max_length: 200,
    visibility: 'public',
    in_list: true,
    in_filter: true,
    hint: '填写营业执照等证照上的全称。',
    example: '长治市示例煤层气有限公司',
  })
  const code = newField({
    code: 'TYSHXYDM',
    label: '统一社会信用代码',
    required: true,
    max_length: 18,
    identifier: 'uscc',
    visibility: 'public',
    in_list: true,
  })
  return {
    code: '',
    name: '',
    category: 'other',
    subject: 'legal_person',
    standard: '',
    everybody: true,
    departments: [],
    fields: [name, code],
    key: [name.uid, code.uid],
    rules: [],
    roles: { name: undefined, decided_on: undefined, valid_until: undefined, region: undefined, document: undefined },
  }
}

/** `copy`: its fields are new ones of a dataset still to be named. */
export function designOf(dataset: Dataset, copy = false): Design {
  const uids = new Map<string, number>()
  const fields = dataset.fields.map((field): FieldRow => {
    const row = newField({
      ...field,
      stored: copy ? null : field.code,
      identifier: field.identifier ?? '',
      choices: (field.choices ?? []).map((choice) => newChoice(choice.value, choice.label)),
      aliases: [...(field.aliases ?? [])],
    })
    uids.set(field.code, row.uid)
    return row
  })
  const uid = (code: string | null | undefined) => (code ? uids.get(code) : undefined)
  const several = (codes: string[]) => codes.flatMap((code) => uid(code) ?? [])
  return {
    code: copy ? '' : dataset.code,
    name: copy ? `${dataset.name}（副本）` : dataset.name,
    category: dataset.category,
    subject: dataset.subject,
    standard: dataset.standard,
    everybody: dataset.departments === '*',
    departments: dataset.departments === '*' ? [] : [...dataset.departments],
    fields,
    key: several(dataset.key),
    rules: dataset.rules.map((rule): RuleRow => {
      const row = newRule(rule.kind)
      if (rule.kind === 'one_of_required') return { ...row, fields: several(rule.fields) }
      if (rule.kind === 'not_before') return { ...row, field: uid(rule.field), other: uid(rule.other) }
      if (rule.kind === 'not_in_future') return { ...row, field: uid(rule.field) }
      const equals = typeof rule.when.equals === 'string' ? [rule.when.equals] : rule.when.equals
      const any = equals.includes('*')
      return { ...row, field: uid(rule.field), when: uid(rule.when.field), any, equals: any ? [] : [...equals] }
    }),
    roles: Object.fromEntries(ROLE_NAMES.map((role) => [role, uid(dataset.roles[role])])) as Design['roles'],
  }
}

/** What is sent; a hole (a rule without its field) is left out or empty, which `troublesOf` says. */
export function draftOf(design: Design): Draft {
  const codes = new Map(design.fields.map((field) => [field.uid, field.code.trim()]))
  const code = (uid: number | undefined) => (uid === undefined ? '' : (codes.get(uid) ?? ''))
  return {
    code: design.code.trim(),
    name: design.name.trim(),
    category: design.category,
    subject: design.subject,
    standard: design.standard.trim(),
    departments: design.everybody ? '*' : design.departments,
    key: design.key.map(code),
    fields: design.fields.map(fieldOf),
    rules: design.rules.map((rule): Rule => {
      if (rule.kind === 'one_of_required') return { kind: rule.kind, fields: rule.fields.map(code) }
      if (rule.kind === 'not_before') return { kind: rule.kind, field: code(rule.field), other: code(rule.other) }
      if (rule.kind === 'not_in_future') return { kind: rule.kind, field: code(rule.field) }
      const equals = rule.any ? '*' : rule.equals.length === 1 ? rule.equals[0]! : rule.equals
      return { kind: rule.kind, field: code(rule.field), when: { field: code(rule.when), equals } }
    }),
    roles: Object.fromEntries(ROLE_NAMES.map((role) => [role, code(design.roles[role]) || null])) as Schemas['Roles'],
  }
}

function fieldOf(row: FieldRow): FieldDefinition {
  return {
    code: row.code.trim(),
    label: row.label.trim(),
    type: row.type,
    required: row.required,
    max_length: row.max_length ?? 256,
    identifier: row.identifier || null,
    choices: row.type === 'choice' ? row.choices.map(({ value, label }) => ({ value: value.trim(), label: label.trim() })) : [],
    several: row.type === 'choice' && row.several,
    hint: row.hint.trim(),
    example: row.example.trim(),
    visibility: row.visibility,
    in_list: row.in_list,
    in_filter: row.in_filter,
    aliases: row.aliases,
  }
}

/** Which rules name the field, by their places. */
export const rulesWith = (design: Design, uid: number) =>
  design.rules.flatMap((rule, place) => ([...rule.fields, rule.field, rule.other, rule.when].includes(uid) ? place : []))

/** Takes the field out, and what cannot be without it. */
export function removeField(design: Design, uid: number) {
  design.fields = design.fields.filter((field) => field.uid !== uid)
  design.key = design.key.filter((each) => each !== uid)
  for (const role of ROLE_NAMES) if (design.roles[role] === uid) design.roles[role] = undefined
  design.rules = design.rules
    .filter((rule) => ![rule.field, rule.other, rule.when].includes(uid))
    .map((rule) => ({ ...rule, fields: rule.fields.filter((each) => each !== uid) }))
    .filter((rule) => rule.kind !== 'one_of_required' || rule.fields.length > 1)
}

/** Moves by one place; false at either end. */
export function move<T>(list: T[], from: number, by: number): boolean {
  const to = from + by
  if (to < 0 || to >= list.length) return false
  list.splice(to, 0, ...list.splice(from, 1))
  return true
}
