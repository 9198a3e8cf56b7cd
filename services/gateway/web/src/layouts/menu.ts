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

export const SECTIONS: { key: Section; title: string; to: string; items: Item[] }[] = [
  {
    key: 'collect',
    title: '数据征集',
    to: '/reports',
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
