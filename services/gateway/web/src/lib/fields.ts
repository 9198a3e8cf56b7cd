import type { Schemas } from '@/api/client'
import { date } from './format'

export type Field = Schemas['FieldDefinition']
/** What the public is told of a field is enough to show its values. */
type Shown = Pick<Field, 'type' | 'several' | 'choices'>
export type Values = Record<string, string>

export const TYPES: Record<Field['type'], string> = {
  text: '文字',
  long_text: '长文字',
  date: '日期',
  integer: '整数',
  decimal: '数字',
  choice: '代码表',
}
export const VISIBILITIES: Record<Field['visibility'], string> = {
  public: '公开',
  masked: '脱敏公开',
  hidden: '不公开',
  unset: '未设置',
}

export const listFields = (fields: Field[]) => fields.filter((field) => field.in_list)
export const filterFields = (fields: Field[]) => fields.filter((field) => field.in_filter)

/** What a person reads for a stored value: a choice's label beside its code, 长期 for the open end, — for nothing. */
export function display(field: Shown, value: string | null | undefined): string {
  if (!value) return '—'
  if (field.type === 'date') return date(value)
  if (!field.choices?.length) return value
  const label = (code: string) => field.choices?.find((choice) => choice.value === code)?.label ?? code
  return field.several ? kinds(value).map(label).join(SEVERAL) : label(value)
}

/** A choice as it is offered: its code beside its label where they differ. */
export const choiceLabel = ({ value, label }: Schemas['Choice']) => (value === label ? label : `${label}（${value}）`)

/** Between several choices in one value, as the server keeps them; a choice itself may hold a 、. */
const SEVERAL = '；'
export const kinds = (value: string | undefined) => (value ?? '').split(SEVERAL).filter(Boolean)
export const joined = (chosen: string[]) => chosen.join(SEVERAL)
/** 其他 wants to be named: 其他-备案 (the standard of 2016). Read by the server's choice_reader. */
export const takesNote = (field: Field) =>
  field.choices?.some((choice) => choice.value === '其他' || choice.label.includes('注明')) ?? false
/** Whether anything of it is shown to the public; tells what officers are told of publication. */
export const isPublic = (dataset: { fields: { visibility?: string }[] }) =>
  dataset.fields.some((field) => field.visibility === 'public' || field.visibility === 'masked')

const LIMIT_SHOWN = 10_000
export const maxLength = (field: Field) => (field.max_length && field.max_length < LIMIT_SHOWN ? field.max_length : undefined)
export const isWide = (field: Field) => field.type === 'long_text'
