import type { Schemas } from '@/api/client'

// What each choice of the designer is called, and what it means, in plain words.

export type FieldType = Schemas['FieldDefinition']['type']
export type Visibility = Schemas['FieldDefinition']['visibility']
export type Identifier = NonNullable<Schemas['FieldDefinition']['identifier']>
export type Rule = Schemas['DatasetDraft']['rules'][number]
export type RuleKind = Rule['kind']
export type RoleName = keyof Schemas['Roles']

export { TYPES, VISIBILITIES } from '@/lib/fields'
export const TYPE_NOTES: Record<FieldType, string> = {
  text: '一行文字，例如名称、文号。',
  long_text: '可以换行的长文字，例如许可内容、处罚事实。',
  date: '年、月、日，写法不限（2018-01-31、2018/1/31 都认），统一保存为 2018-01-31。',
  integer: '不带小数的数字。',
  decimal: '可以带小数的数字，例如金额。',
  choice: '只能从下面的选项里选。',
}
export const VISIBILITY_NOTES: Record<Visibility, string> = {
  public: '公众看到全部内容；自然人的姓名、证件号码和文字里的电话仍会遮盖。',
  masked: '公众看到遮盖后的内容，例如 张*、140402************。',
  hidden: '公众看不到。',
  unset: '还没有决定，公众看不到，与不公开一样处理。',
}
export const IDENTIFIERS: Record<Identifier, string> = {
  uscc: '统一社会信用代码（18 位，核对校验位）',
  org_code: '组织机构代码（9 位，核对校验位）',
  reg_no: '工商注册号（15 位或旧 13 位）',
  tax_no: '税务登记号（15、17、18 或 20 位）',
  id_card: '居民身份证号（18 位或旧 15 位）',
  region: '行政区划代码（6 位）',
}
export const ROLES: Record<RoleName, { title: string; note: string }> = {
  name: { title: '主体名称', note: '企业名称或姓名，列表、便捷查询和公示用它称呼这条数据。' },
  decided_on: { title: '决定日期', note: '七个工作日的报送期限从这一天算起；须是日期字段。' },
  valid_until: { title: '有效期或公示期截止', note: '到这一天公示期满；须是日期字段。' },
  region: { title: '地方编码', note: '按市区筛选、统计时用它。' },
  document: { title: '文书号', note: '按文号查询时用它。' },
}
export const RULES: Record<RuleKind, string> = {
  one_of_required: '几项中至少填一项',
  required_when: '在某种情况下必填',
  must_be_empty_when: '在某种情况下不能填',
  not_before: '不能早于另一个日期',
  not_in_future: '不能晚于上报当天',
}
