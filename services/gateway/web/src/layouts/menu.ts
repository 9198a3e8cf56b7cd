import {
  Bell,
  Calendar,
  DataAnalysis,
  Document,
  DocumentCopy,
  Files,
  FolderOpened,
  Grid,
  HomeFilled,
  Key,
  OfficeBuilding,
  Phone,
  QuestionFilled,
  Search,
  Tickets,
  UploadFilled,
  User,
  WarningFilled,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'
import type { Role } from '@/stores/session'

/** The manual's top menus: 数据征集, 数据管理, 信用应用 → 双公示, and 系统管理. */
export type Section = 'collect' | 'data' | 'apply' | 'system'
export interface Item {
  to: string
  title: string
  icon: Component
  roles?: Role[]
  children?: Item[]
}
const REPORTING: Role[] = ['admin', 'manager', 'reporter']

/** `below` is the manual's menu under the top one (信用应用 → 双公示): the page it opens, by role. */
interface TopMenu {
  key: Section
  title: string
  to: string
  below?: { title: string; to: string; roles?: Role[] }[]
  items: Item[]
}
export const SECTIONS: TopMenu[] = [
  {
    key: 'collect',
    title: '数据征集',
    to: '/reports',
    below: [{ title: '数据报送', to: '/reports' }],
    items: [
      { to: '/reports/new', title: '上报数据', icon: UploadFilled, roles: REPORTING },
      { to: '/reports', title: '我的上报', icon: Tickets },
      { to: '/failures', title: '失败日志', icon: WarningFilled },
    ],
  },
  {
    key: 'data',
    title: '数据管理',
    to: '/records',
    items: [
      { to: '/records', title: '数据管理', icon: FolderOpened },
      { to: '/subjects', title: '便捷查询', icon: Search },
    ],
  },
  {
    key: 'apply',
    title: '信用应用',
    to: '/home',
    below: [
      { title: '双公示', to: '/uploads/new', roles: REPORTING },
      { title: '双公示', to: '/licences', roles: ['viewer'] },
    ],
    items: [
      { to: '/subjects', title: '便捷查询', icon: Search },
      { to: '/home', title: '首页', icon: HomeFilled },
      { to: '/statistics', title: '数据统计', icon: DataAnalysis },
      {
        to: 'two-publicity',
        title: '双公示信息管理',
        icon: DocumentCopy,
        children: [
          { to: '/licences', title: '行政许可信息管理', icon: Document },
          { to: '/penalties', title: '行政处罚信息管理', icon: Document },
        ],
      },
      { to: '/uploads/new', title: '数据上传', icon: UploadFilled, roles: REPORTING },
      { to: '/uploads', title: '上传记录', icon: Tickets },
      { to: '/failures', title: '失败日志', icon: WarningFilled },
      { to: '/templates', title: '模板管理', icon: Files },
    ],
  },
  {
    key: 'system',
    title: '系统管理',
    to: '/account',
    items: [
      { to: '/account', title: '我的账号', icon: Key },
      { to: '/messages', title: '消息提醒', icon: Bell },
      { to: '/admin/users', title: '用户管理', icon: User, roles: ['admin', 'manager'] },
      { to: '/admin/departments', title: '部门管理', icon: OfficeBuilding, roles: ['admin'] },
      { to: '/admin/datasets', title: '数据集管理', icon: Grid, roles: ['admin'] },
      { to: '/admin/calendar', title: '工作日历', icon: Calendar, roles: ['admin'] },
      { to: '/admin/audit', title: '操作审计', icon: Tickets, roles: ['admin'] },
      { to: '/help', title: '使用帮助', icon: QuestionFilled },
      { to: '/contacts', title: '交流方式', icon: Phone },
    ],
  },
]
export const allowed = (item: { roles?: Role[] }, role: Role | undefined) =>
  !item.roles || (role !== undefined && item.roles.includes(role))

/** The paths a top menu leads to. */
export const pathsOf = (section: TopMenu) => section.items.flatMap((item) => item.children ?? [item]).map((item) => item.to)

/** The top menus that have something for the role, each with what of it that is. */
export const menusFor = (role: Role | undefined): TopMenu[] =>
  SECTIONS.map((section) => ({
    ...section,
    below: section.below?.filter((each) => allowed(each, role)),
    items: section.items.filter((item) => allowed(item, role)),
  })).filter((section) => section.items.length > 0)

/**
 * The top menu a page stands under: the one that is open, when it has the page too (失败日志, 便捷查询), else the page's own.
 * `paths` are the page's and those it hangs under, from itself upwards.
 */
export function sectionOf(open: Section, own: Section, paths: string[]): Section {
  const item = paths.find((path) => SECTIONS.some((section) => pathsOf(section).includes(path)))
  const stays = item !== undefined && SECTIONS.some((section) => section.key === open && pathsOf(section).includes(item))
  return stays ? open : own
}
