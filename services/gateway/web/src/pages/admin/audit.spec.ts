import { expect, it } from 'vitest'
import { ROLES } from '@/lib/format'
import { actionName, objectParts } from './audit'

const names = new Map([['xzxk_fr', '行政许可-法人']])
const id = '0b7f6c1e-1111-4222-8333-444455556666'
const words = (action: string, object: string) =>
  objectParts(action, object, names)
    .map((part) => (part.to ? `[${part.text}](${part.to})` : part.text))
    .join('')

it('says in Chinese what was done and to what', () => {
  expect(actionName('record.revoked')).toBe('撤销公示')
  expect(actionName('something.new')).toBe('something.new')
  expect(words('upload.registered', `upload ${id} dataset xzxk_fr`)).toBe(`[上报 0b7f6c1e](/uploads/${id})，行政许可-法人`)
  expect(words('row.ignored', `upload ${id} row 12（重复）`)).toBe(`[上报 0b7f6c1e](/uploads/${id}/failures)第 12 行（重复）`)
  expect(words('rows.replaced', `upload ${id} field XK_SPLB rows 3`)).toBe(`[上报 0b7f6c1e](/uploads/${id})，数据项 XK_SPLB，3 行`)
  expect(words('record.revoked', '记录 12（公示期已满）')).toBe('[数据 12](/records/12)（公示期已满）')
  expect(words('dataset.changed', 'dataset xzxk_fr v3')).toBe('行政许可-法人，第 3 版')
  expect(words('user.changed', '用户 zjj：角色 reporter → manager')).toBe('用户 zjj：角色 填报员 → 部门管理员')
  expect(words('user.password_reset', '用户 admin（账号启用，登录和令牌结束）')).toBe('用户 admin（账号启用，登录和令牌结束）')
  expect(words('user.created', '用户 viewer（viewer）')).toBe(`用户 viewer（${ROLES.viewer}）`)
  expect(words('session.refused', '用户 zjj')).toBe('用户 zjj')
  expect(words('calendar.changed', '日历 2026-10-01 休息日（国庆）')).toBe('日历 2026-10-01 休息日（国庆）')
})
