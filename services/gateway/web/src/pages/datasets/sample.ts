import type { Values } from '@/lib/fields'
import type { FieldDefinition } from './model'
import type { Identifier } from './words'

// Made-up content for the previews; the numbers are fictitious but pass their check digits.
const NUMBERS: Record<Identifier, string> = {
  uscc: '91140400000000078F',
  org_code: '000000078',
  reg_no: '140400100001235',
  tax_no: '140400000000781',
  id_card: '140402198001011011',
  region: '140400',
}

function made(field: FieldDefinition): string {
  if (field.example) return field.example
  if (field.identifier) return NUMBERS[field.identifier]
  if (field.type === 'date') return /截止|到期|届满|有效期至/.test(field.label) ? '2099-12-31' : '2018-01-31'
  if (field.type === 'choice') return field.choices[0]?.value ?? ''
  if (field.type === 'integer') return '1'
  if (field.type === 'decimal') return '100.00'
  return (/姓名|法定代表人|负责人/.test(field.label) ? '张三丰' : `${field.label}的内容`).slice(0, field.max_length)
}
/** What was typed in the form preview, and for the rest the field's example or something like it. */
export const sampleOf = (fields: FieldDefinition[], typed: Values): Values =>
  Object.fromEntries(fields.map((field) => [field.code, typed[field.code] ?? made(field)]))
