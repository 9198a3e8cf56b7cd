import type { Schemas } from '@/api/client'
import { date } from './format'

export type Field = Schemas['FieldDefinition']
export type Values = Record<string, string>

export const listFields = (fields: Field[]) => fields.filter((field) => field.in_list)
export const filterFields = (fields: Field[]) => fields.filter((field) => field.in_filter)

/** What a person reads for a stored value: a choice's label beside its code, 长期 for the open end, — for nothing. */
export function display(field: Field, value: string | null | undefined): string {
  if (!value) return '—'
  if (field.type === 'date') return date(value)
  if (!field.choices?.length) return value
  const label = (code: string) => field.choices?.find((choice) => choice.value === code)?.label ?? code
  return field.several
    ? value
        .split(/[,，;；、]/)
        .map(label)
        .join('、')
    : label(value)
}

const LIMIT_SHOWN = 10_000
export const maxLength = (field: Field) => (field.max_length && field.max_length < LIMIT_SHOWN ? field.max_length : undefined)
export const isWide = (field: Field) => field.type === 'long_text'
