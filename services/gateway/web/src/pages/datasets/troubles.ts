import type { Design, FieldRow, RuleRow } from './model'

// What stands in the way of saving a design, and where it is said.

/** Something that stands in the way of saving. `at` is the place (`placeOf`); `blank`: only said once somebody wants to save. */
export interface Trouble {
  at: string
  message: string
  blank?: boolean
}

export const CODE = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
export const LONGEST = 32_767
const LONGEST_INDEXED = 256
const MOST_FIELDS = 200

const twice = (texts: string[]) => new Set(texts.filter((text, place) => text && texts.indexOf(text) !== place))

/** Everything that can be said without asking the server, in the words of its own refusals. */
export function troublesOf(design: Design, isNew: boolean): Trouble[] {
  const found: Trouble[] = []
  const say = (at: string, message: string, blank = false) => void found.push({ at, message, blank })
  if (!design.name.trim()) say('name', '请填写数据集的名称，例如“法人红名单”。', true)
  if (isNew) {
    if (!design.code.trim()) say('code', '请填写编码：字母开头，由字母、数字和下划线组成，例如 red_list_fr。', true)
    else if (!CODE.test(design.code.trim())) say('code', '编码须以字母开头，只能有字母、数字和下划线，最多 64 个字符。')
    else if (['new', 'trial'].includes(design.code.trim())) say('code', `“${design.code.trim()}”由系统使用，请换一个编码。`)
  }
  if (!design.everybody && !design.departments.length) say('departments', '请至少选择一个可以上报的部门，或改为全部部门。', true)
  if (!design.fields.length) say('fields', '至少要有一个字段。请在“字段”里增加。')
  if (design.fields.length > MOST_FIELDS) say('fields', `现在有 ${design.fields.length} 个字段，最多 ${MOST_FIELDS} 个，请去掉一些。`)
  const codes = twice(design.fields.map((field) => field.code.trim()))
  const labels = twice(design.fields.map((field) => field.label.trim()))
  for (const field of design.fields) {
    const at = `field.${field.uid}`
    const code = field.code.trim()
    const label = field.label.trim()
    if (!label) say(`${at}.label`, '请填写中文名称，它就是模板里的列名。', true)
    else if (labels.has(label)) say(`${at}.label`, `还有一个字段也叫“${label}”，请改成不同的名称。`)
    if (!code) say(`${at}.code`, '请填写字段名称：字母开头，由字母、数字和下划线组成。', true)
    else if (!CODE.test(code)) say(`${at}.code`, '字段名称须以字母开头，只能有字母、数字和下划线，最多 64 个字符。')
    else if (codes.has(code)) say(`${at}.code`, `还有一个字段也用“${code}”，请改成不同的字段名称。`)
    if (!field.max_length || field.max_length < 1 || field.max_length > LONGEST)
      say(`${at}.max_length`, `最多字数须是 1 到 ${LONGEST} 的整数。`)
    else if (field.max_length > LONGEST_INDEXED && (field.identifier || design.roles.region === field.uid))
      say(`${at}.max_length`, `证件号码和地方编码最多 ${LONGEST_INDEXED} 个字，请改小。`)
    if (field.type === 'choice') found.push(...choiceTroubles(field))
  }
  if (!design.key.length) say('key', '请至少选择一个字段，用来判断两行是不是同一条数据。')
  for (const role of ['decided_on', 'valid_until'] as const) {
    const field = design.fields.find((each) => each.uid === design.roles[role])
    if (field && field.type !== 'date') say(`roles.${role}`, `“${field.label}”不是日期字段，请改选日期字段，或把它的类型改为日期。`)
  }
  for (const rule of design.rules) found.push(...ruleTroubles(design, rule))
  return found
}

function choiceTroubles(field: FieldRow): Trouble[] {
  const at = `field.${field.uid}.choices`
  if (!field.choices.length) return [{ at, message: '代码表至少要有一个选项。请增加，或把类型改为文字。' }]
  if (field.choices.some((choice) => !choice.value.trim() || !choice.label.trim()))
    return [{ at, message: '有选项没有填全，请填写代码和名称，或删去空行。', blank: true }]
  const same = [...twice(field.choices.map((choice) => choice.value.trim()))]
  return same.length ? [{ at, message: `代码“${same[0]}”出现了两次，请改成不同的代码。` }] : []
}

function ruleTroubles(design: Design, rule: RuleRow): Trouble[] {
  const at = `rule.${rule.uid}`
  const type = (uid: number | undefined) => design.fields.find((field) => field.uid === uid)?.type
  if (rule.kind === 'one_of_required') return rule.fields.length < 2 ? [{ at, message: '请至少选择两个字段。', blank: true }] : []
  if (rule.field === undefined) return [{ at, message: '请选择这条规则管哪个字段。', blank: true }]
  if (rule.kind === 'not_in_future') return type(rule.field) === 'date' ? [] : [{ at, message: '这条规则只适用于日期字段，请改选。' }]
  if (rule.kind === 'not_before') {
    if (rule.other === undefined) return [{ at, message: '请选择与哪个日期比较。', blank: true }]
    if (rule.field === rule.other) return [{ at, message: '不能与自己比较，请改选其中一个字段。' }]
    return [rule.field, rule.other].every((uid) => type(uid) === 'date') ? [] : [{ at, message: '两个字段都须是日期，请改选。' }]
  }
  if (rule.when === undefined) return [{ at, message: '请选择看哪个字段来判断。', blank: true }]
  if (rule.when === rule.field) return [{ at, message: '判断的字段不能是它自己，请改选。' }]
  if (!rule.any && !rule.equals.some((value) => value.trim())) return [{ at, message: '请填写是哪些内容时，或选“已填写”。', blank: true }]
  return []
}

/** Where a refusal of the server belongs: `fields.3.max_length`, `rules.0.one_of_required.fields`, `roles.decided_on`, … */
export function placeOf(path: string, design: Design): string {
  const [first = '', second = '', third = ''] = path.replace(/^definition\.?/, '').split('.')
  if (first === 'fields' && /^\d+$/.test(second)) {
    const field = design.fields[Number(second)]
    return field ? `field.${field.uid}.${third || 'label'}` : 'fields'
  }
  if (first === 'rules' && /^\d+$/.test(second)) {
    const rule = design.rules[Number(second)]
    return rule ? `rule.${rule.uid}` : 'rules'
  }
  if (first === 'roles') return second ? `roles.${second}` : 'roles'
  return ['code', 'name', 'category', 'subject', 'standard', 'departments', 'key', 'fields', 'rules'].includes(first) ? first : 'all'
}
