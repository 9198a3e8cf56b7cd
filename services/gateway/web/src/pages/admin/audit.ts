import { ROLES } from '@/lib/format'

/** Every action the services write, by kind; a kind's own code filters all of its actions (none where they have no common one). */
export const ACTIONS: { kind: string; title: string; actions: Record<string, string> }[] = [
  {
    kind: 'session',
    title: '登录',
    actions: {
      'session.created': '登录',
      'session.refused': '登录失败',
      'session.ended': '退出登录',
      'session.all_ended': '结束全部登录和令牌',
    },
  },
  { kind: 'password', title: '密码', actions: { 'password.changed': '修改密码', 'password.refused': '修改密码失败' } },
  {
    kind: 'user',
    title: '用户',
    actions: { 'user.created': '新建用户', 'user.changed': '修改用户', 'user.password_reset': '重设用户密码' },
  },
  { kind: 'department', title: '部门', actions: { 'department.created': '新建部门', 'department.changed': '修改部门' } },
  { kind: 'token', title: '接口令牌', actions: { 'token.created': '新建令牌', 'token.revoked': '停用令牌' } },
  {
    kind: 'upload',
    title: '上报',
    actions: {
      'upload.registered': '上报文件',
      'upload.confirmed': '确认入库',
      'upload.cancelled': '取消入库',
      'upload.undone': '删除上报的数据',
      'upload.deleted': '删除上报记录',
    },
  },
  { kind: '', title: '退回的行', actions: { 'row.mended': '改正一行', 'row.ignored': '忽略一行', 'rows.replaced': '批量替换' } },
  {
    kind: 'record',
    title: '数据',
    actions: {
      'record.created': '新增数据',
      'record.changed': '修改数据',
      'record.deleted': '删除数据',
      'record.revoked': '撤销公示',
      'record.restored': '恢复公示',
    },
  },
  { kind: 'dataset', title: '数据定义', actions: { 'dataset.created': '新建数据定义', 'dataset.changed': '修改数据定义' } },
  { kind: 'calendar', title: '工作日历', actions: { 'calendar.changed': '修改日历', 'calendar.settled': '确认全年日历' } },
]
const NAMES: Record<string, string> = Object.assign({}, ...ACTIONS.map((kind) => kind.actions))
export const actionName = (code: string) => NAMES[code] ?? code

export interface Part {
  text: string
  to?: string
}
// A role stands behind one of these; a user may be called admin.
const roleWords = (text: string) =>
  text.replace(/(（|角色 |→ )(admin|manager|reporter|viewer)\b/g, (_, before: string, role: keyof typeof ROLES) => before + ROLES[role])

/** What it was done to, in words and with a way to it. `names`: of datasets, by code. */
export function objectParts(action: string, object: string, names: ReadonlyMap<string, string>): Part[] {
  const named = (code: string) => names.get(code) ?? code
  const upload = /^upload ([0-9a-f-]{36})(?: row (\d+)| dataset (\S+)| field (\S+) rows (\d+))?(（[\s\S]*）)?$/.exec(object)
  if (upload) {
    const [, id = '', row, dataset, field, rows, reason = ''] = upload
    const about = row ? `第 ${row} 行` : dataset ? `，${named(dataset)}` : field ? `，数据项 ${field}，${rows} 行` : ''
    return [{ text: `上报 ${id.slice(0, 8)}`, to: `/uploads/${id}${row ? '/failures' : ''}` }, { text: `${about}${reason}` }]
  }
  const record = /^记录 (\d+)([\s\S]*)$/.exec(object)
  if (record) return [{ text: `数据 ${record[1]}`, to: `/records/${record[1]}` }, { text: record[2] ?? '' }]
  const dataset = /^dataset (\S+) v(\d+)$/.exec(object)
  if (dataset) return [{ text: `${named(dataset[1] ?? '')}，第 ${dataset[2]} 版` }]
  return [{ text: action.startsWith('user.') ? roleWords(object) : object }]
}
