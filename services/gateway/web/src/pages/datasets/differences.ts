import type { Dataset } from '@/api/queries'
import { CATEGORIES, SUBJECTS } from '@/lib/format'
import type { Draft, FieldDefinition } from './model'
import { IDENTIFIERS, ROLES, TYPES, VISIBILITIES, type RoleName, type Rule } from './words'

// What a new version changes, and what that means for templates and records: in the words of the person who decides it.
// Grounds: workbook/header.py (columns are found by name), entries/changes (an edited record is checked by today's version),
// publicity (fields are shown by today's visibility), keys.py (stored keys stay as they are).

export interface Change {
  kind: 'added' | 'removed' | 'changed'
  text: string
}
export interface Consequence {
  about: '模板' | '已有数据' | '公示' | '上报'
  text: string
  /** Something is lost, refused or laid open. */
  grave?: boolean
}
export interface Difference {
  changes: Change[]
  consequences: Consequence[]
}

const quoted = (texts: string[]) => texts.map((text) => `“${text}”`).join('、')
const shown = (text: string) => (text ? `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”` : '空')
const yes = (value: boolean) => (value ? '是' : '否')

const PARTS: { [K in keyof FieldDefinition]?: (before: FieldDefinition, after: FieldDefinition) => string } = {
  label: (a, b) => `中文名称由“${a.label}”改为“${b.label}”`,
  type: (a, b) => `类型由“${TYPES[a.type]}”改为“${TYPES[b.type]}”`,
  required: (_, b) => (b.required ? '改为必填' : '改为选填'),
  max_length: (a, b) => `最多字数由 ${a.max_length} 改为 ${b.max_length}`,
  identifier: (a, b) =>
    `证件号码由“${a.identifier ? IDENTIFIERS[a.identifier] : '不是'}”改为“${b.identifier ? IDENTIFIERS[b.identifier] : '不是'}”`,
  several: (_, b) => (b.several ? '改为可以选多个' : '改为只能选一个'),
  visibility: (a, b) => `公开属性由“${VISIBILITIES[a.visibility]}”改为“${VISIBILITIES[b.visibility]}”`,
  in_list: (_, b) => `列表显示改为“${yes(b.in_list)}”`,
  in_filter: (_, b) => `可筛选改为“${yes(b.in_filter)}”`,
  hint: (a, b) => `填写说明由${shown(a.hint)}改为${shown(b.hint)}`,
  example: (a, b) => `示例由${shown(a.example)}改为${shown(b.example)}`,
}

function choiceChanges(before: FieldDefinition, after: FieldDefinition): string[] {
  const old = new Map(before.choices.map((choice) => [choice.value, choice.label]))
  const now = new Map(after.choices.map((choice) => [choice.value, choice.label]))
  const name = (value: string, label: string) => (value === label ? `“${value}”` : `“${value} ${label}”`)
  const added = [...now].filter(([value]) => !old.has(value)).map(([value, label]) => name(value, label))
  const gone = [...old].filter(([value]) => !now.has(value)).map(([value, label]) => name(value, label))
  const renamed = [...now].filter(([value, label]) => old.has(value) && old.get(value) !== label)
  const found = []
  if (added.length) found.push(`增加选项 ${added.join('、')}`)
  if (gone.length) found.push(`去掉选项 ${gone.join('、')}`)
  for (const [value, label] of renamed) found.push(`选项“${value}”的名称由“${old.get(value)}”改为“${label}”`)
  if (!found.length && [...old.keys()].join('\n') !== [...now.keys()].join('\n')) found.push('选项的顺序有变化')
  return found
}

function fieldChanges(before: FieldDefinition, after: FieldDefinition): string[] {
  const found = []
  for (const [part, say] of Object.entries(PARTS))
    if (before[part as keyof FieldDefinition] !== after[part as keyof FieldDefinition]) found.push(say(before, after))
  found.push(...choiceChanges(before, after))
  if (before.aliases.join('\n') !== after.aliases.join('\n'))
    found.push(after.aliases.length ? `其他列名改为${quoted(after.aliases)}` : '去掉其他列名')
  return found
}

/** A rule as a sentence, the same as on the template's 填写说明. */
export function sentence(rule: Rule, fields: FieldDefinition[]): string {
  const field = (code: string) => fields.find((each) => each.code === code)
  const label = (code: string) => `“${field(code)?.label || code || '（未选择）'}”`
  if (rule.kind === 'one_of_required') return `${rule.fields.map(label).join('、') || '（未选择）'}至少填写其中一项`
  if (rule.kind === 'not_before') return `${label(rule.field)}不能早于${label(rule.other)}`
  if (rule.kind === 'not_in_future') return `${label(rule.field)}不能晚于上报当天`
  const values = typeof rule.when.equals === 'string' ? [rule.when.equals] : rule.when.equals
  const named = values.map((value) => field(rule.when.field)?.choices.find((choice) => choice.value === value)?.label ?? value)
  const when = values.includes('*') ? '已填写' : `为${named.map((value) => `“${value}”`).join('或') || '（未填写）'}`
  return `当${label(rule.when.field)}${when}时，${label(rule.field)}${rule.kind === 'required_when' ? '必须填写' : '不能填写'}`
}

/** `stored`: draft code → the code the field had before, where it was retyped. */
export function differencesBetween(before: Dataset, after: Draft, renamed: Map<string, string> = new Map()): Difference {
  const changes: Change[] = []
  const consequences: Consequence[] = []
  const changed = (text: string) => void changes.push({ kind: 'changed', text })
  const means = (about: Consequence['about'], text: string, grave = false) => void consequences.push({ about, text, grave })

  if (before.name !== after.name) changed(`名称由“${before.name}”改为“${after.name}”`)
  if (before.category !== after.category) changed(`类别由“${CATEGORIES[before.category]}”改为“${CATEGORIES[after.category]}”`)
  if (before.subject !== after.subject) changed(`主体由“${SUBJECTS[before.subject]}”改为“${SUBJECTS[after.subject]}”`)
  if (before.standard !== after.standard) changed(`执行标准由${shown(before.standard)}改为${shown(after.standard)}`)
  departmentChanges(before, after, changed, means)

  const old = new Map(before.fields.map((field) => [field.code, field]))
  const now = new Map(after.fields.map((field) => [field.code, field]))
  const added = after.fields.filter((field) => !old.has(field.code))
  const removed = before.fields.filter((field) => !now.has(field.code))
  for (const field of added) {
    const from = renamed.get(field.code)
    const about = from ? `，原来的字段名称是 ${from}` : ''
    changes.push({ kind: 'added', text: `新增字段“${field.label}”（${field.code}）${field.required ? '，必填' : ''}${about}` })
  }
  for (const field of removed) changes.push({ kind: 'removed', text: `去掉字段“${field.label}”（${field.code}）` })
  const kept = after.fields.flatMap((field) => {
    const was = old.get(field.code)
    return was ? [{ was, field }] : []
  })
  for (const { was, field } of kept) {
    const parts = fieldChanges(was, field)
    if (parts.length) changed(`字段“${was.label}”（${field.code}）：${parts.join('；')}`)
  }
  const order = (fields: FieldDefinition[], other: Map<string, FieldDefinition>) =>
    fields
      .filter((field) => other.has(field.code))
      .map((field) => field.code)
      .join()
  if (order(before.fields, now) !== order(after.fields, old)) changed('字段的展示顺序有变化')

  const sentences = {
    before: before.rules.map((rule) => sentence(rule, before.fields)),
    after: after.rules.map((rule) => sentence(rule, after.fields)),
  }
  const json = { before: before.rules.map((rule) => JSON.stringify(rule)), after: after.rules.map((rule) => JSON.stringify(rule)) }
  json.after.forEach((rule, place) => {
    if (!json.before.includes(rule)) changes.push({ kind: 'added', text: `新增规则：${sentences.after[place]}` })
  })
  json.before.forEach((rule, place) => {
    if (!json.after.includes(rule)) changes.push({ kind: 'removed', text: `去掉规则：${sentences.before[place]}` })
  })

  const label = (fields: FieldDefinition[], code: string | null) => fields.find((field) => field.code === code)?.label ?? '自动识别'
  if (before.key.join() !== after.key.join()) {
    changed(`判断同一条数据的字段改为：${quoted(after.key.map((code) => label(after.fields, code)))}`)
    means('已有数据', '已入库的数据不会按新的字段重新比对：同一条数据再次上报，可能被当成新数据而重复。修改过的数据改用新的判断。', true)
  }
  const roles = (Object.keys(ROLES) as RoleName[]).filter((role) => before.roles[role] !== after.roles[role])
  for (const role of roles)
    changed(`${ROLES[role].title}由“${label(before.fields, before.roles[role])}”改为“${label(after.fields, after.roles[role])}”`)
  if (roles.length) means('已有数据', '已入库的数据仍按原来的用途计算期限和排序，下次修改那条数据时才按新的用途。')

  if (changes.length) templateConsequences(before, { added, removed, kept }, means)
  recordConsequences({ added, removed, kept }, means)
  publicConsequences({ added, removed, kept }, means)
  if (json.after.some((rule) => !json.before.includes(rule)))
    means('上报', '新增的规则从下一次上报起检查；已入库的数据不追溯，修改时才检查。')
  return { changes, consequences }
}

interface Fields {
  added: FieldDefinition[]
  removed: FieldDefinition[]
  kept: { was: FieldDefinition; field: FieldDefinition }[]
}
type Means = (about: Consequence['about'], text: string, grave?: boolean) => void

function departmentChanges(before: Dataset, after: Draft, changed: (text: string) => void, means: Means) {
  if (JSON.stringify(before.departments) === JSON.stringify(after.departments)) return
  const said = (departments: Draft['departments']) => (departments === '*' ? '全部部门' : `${departments.length} 个部门`)
  changed(`可以上报的部门由“${said(before.departments)}”改为“${said(after.departments)}”`)
  const gone =
    before.departments === '*'
      ? after.departments !== '*'
      : after.departments !== '*' && before.departments.some((code) => !after.departments.includes(code))
  if (gone) means('上报', '不在名单里的部门不能再上报这个数据集；它们已上报的数据仍看得到，也照常公示。', true)
}

function templateConsequences(before: Dataset, { added, removed, kept }: Fields, means: Means) {
  means('模板', `模板换成第 ${before.version + 1} 版。已下载的第 ${before.version} 版按列名读取，系统会提醒换用新模板。`)
  const demanded = added.filter((field) => field.required)
  if (demanded.length)
    means(
      '模板',
      `旧模板没有必填的${quoted(demanded.map((field) => field.label))}这一列，用旧模板上报会整个文件退回。请通知各部门下载新模板。`,
      true,
    )
  const plain = added.filter((field) => !field.required)
  if (plain.length) means('模板', `旧模板没有${quoted(plain.map((field) => field.label))}，用旧模板上报时按没有填写处理。`)
  if (removed.length) means('模板', `旧模板里的${quoted(removed.map((field) => field.label))}不再导入，系统会提示。`)
  const lost = kept.filter(({ was, field }) => was.label !== field.label && !field.aliases.includes(was.label))
  if (lost.length)
    means('模板', `改名以后，旧模板的列${quoted(lost.map(({ was }) => was.label))}认不出来。把旧名称加到“其他列名”就能继续使用。`, true)
}

function recordConsequences({ added, removed, kept }: Fields, means: Means) {
  if (added.length) {
    const demanded = added.some((field) => field.required) ? '；其中必填的，修改那条数据时要补填' : ''
    means('已有数据', `已入库的数据里，${quoted(added.map((field) => field.label))}是空的${demanded}。`)
  }
  if (removed.length)
    means(
      '已有数据',
      `已入库的数据里，${quoted(removed.map((field) => field.label))}不再显示；修改那条数据以后就不再保留，只在历史记录里。`,
      true,
    )
  const stricter = kept.filter(
    ({ was, field }) =>
      (field.required && !was.required) ||
      field.max_length < was.max_length ||
      field.type !== was.type ||
      field.identifier !== was.identifier ||
      was.choices.some((choice) => !field.choices.some((each) => each.value === choice.value)),
  )
  if (stricter.length)
    means(
      '已有数据',
      `${quoted(stricter.map(({ field }) => field.label))}的要求变了：新上报的按新要求检查，已入库的保持原样，修改时须符合新要求。`,
    )
}

const OPEN = ['public', 'masked']
function publicConsequences({ added, removed, kept }: Fields, means: Means) {
  const opened = kept.filter(({ was, field }) => !OPEN.includes(was.visibility) && OPEN.includes(field.visibility))
  if (opened.length)
    means('公示', `保存后，已公示的数据里${quoted(opened.map(({ field }) => field.label))}立即对公众公开。请确认可以公开。`, true)
  const unmasked = kept.filter(({ was, field }) => was.visibility === 'masked' && field.visibility === 'public')
  if (unmasked.length)
    means(
      '公示',
      `保存后，已公示的数据里${quoted(unmasked.map(({ field }) => field.label))}不再脱敏，公众看到全部内容。请确认可以公开。`,
      true,
    )
  const closed = [
    ...kept.filter(({ was, field }) => OPEN.includes(was.visibility) && !OPEN.includes(field.visibility)).map(({ field }) => field),
    ...removed.filter((field) => OPEN.includes(field.visibility)),
  ]
  if (closed.length) means('公示', `保存后，公众立即看不到${quoted(closed.map((field) => field.label))}。`)
  const masked = kept.filter(({ was, field }) => was.visibility === 'public' && field.visibility === 'masked')
  if (masked.length) means('公示', `保存后，${quoted(masked.map(({ field }) => field.label))}立即改为脱敏显示。`)
  const fresh = added.filter((field) => OPEN.includes(field.visibility))
  if (fresh.length) means('公示', `以后上报的数据会公开${quoted(fresh.map((field) => field.label))}。`)
}
