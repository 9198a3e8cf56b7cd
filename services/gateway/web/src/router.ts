import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { Section } from './layouts/menu'
import { useSession, type Role } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    title: string
    public?: boolean
    section?: Section
    /** Section and breadcrumbs hang on what the page shows: it tells them itself (lib/place.ts). */
    byDataset?: boolean
    roles?: Role[]
    /** Breadcrumbs between 首页 and the page itself. */
    under?: { title: string; to: string }[]
  }
}

const REPORTING: Role[] = ['admin', 'manager', 'reporter']
const publicPages: RouteRecordRaw[] = [
  { path: '', component: () => import('./pages/public/PublicHomePage.vue'), meta: { title: '首页', public: true } },
  {
    path: 'public/records/:id',
    component: () => import('./pages/public/PublicRecordPage.vue'),
    meta: { title: '公示详情', public: true },
    props: true,
  },
  { path: 'about', component: () => import('./pages/public/AboutPage.vue'), meta: { title: '公示说明', public: true } },
  { path: 'platform', component: () => import('./pages/public/PlatformPage.vue'), meta: { title: '信用信息共享平台', public: true } },
]
const consolePages: RouteRecordRaw[] = [
  { path: 'home', component: () => import('./pages/home/HomePage.vue'), meta: { title: '首页' } },
  { path: 'subjects', component: () => import('./pages/subjects/SubjectsPage.vue'), meta: { title: '便捷查询' } },
  {
    path: 'subjects/:id',
    component: () => import('./pages/subjects/SubjectPage.vue'),
    meta: { title: '主体信用档案', under: [{ title: '便捷查询', to: '/subjects' }] },
    props: true,
  },
  { path: 'statistics', component: () => import('./pages/statistics/StatisticsPage.vue'), meta: { title: '数据统计' } },
  {
    path: 'licences',
    component: () => import('./pages/records/TwoPublicityPage.vue'),
    meta: { title: '行政许可信息管理', under: [{ title: '双公示信息管理', to: '/licences' }] },
    props: { category: 'licence' },
  },
  {
    path: 'penalties',
    component: () => import('./pages/records/TwoPublicityPage.vue'),
    meta: { title: '行政处罚信息管理', under: [{ title: '双公示信息管理', to: '/penalties' }] },
    props: { category: 'penalty' },
  },
  { path: 'records', component: () => import('./pages/records/DataPage.vue'), meta: { title: '数据管理', section: 'data' } },
  {
    path: 'records/:id',
    component: () => import('./pages/records/RecordPage.vue'),
    meta: { title: '数据详情', byDataset: true },
    props: true,
  },
  {
    path: 'uploads/new',
    component: () => import('./pages/uploads/NewUploadPage.vue'),
    meta: { title: '数据上传', roles: REPORTING },
    props: { twoPublicity: true },
  },
  {
    path: 'uploads',
    component: () => import('./pages/uploads/UploadsPage.vue'),
    meta: { title: '上传记录' },
    props: { twoPublicity: true },
  },
  {
    path: 'reports/new',
    component: () => import('./pages/uploads/NewUploadPage.vue'),
    meta: { title: '上报数据', section: 'collect', roles: REPORTING },
    props: { twoPublicity: false },
  },
  {
    path: 'reports',
    component: () => import('./pages/uploads/UploadsPage.vue'),
    meta: { title: '我的上报', section: 'collect' },
    props: { twoPublicity: false },
  },
  {
    path: 'uploads/:id',
    component: () => import('./pages/uploads/UploadPage.vue'),
    meta: { title: '上报结果', byDataset: true },
    props: true,
  },
  {
    path: 'uploads/:id/failures',
    component: () => import('./pages/uploads/FailuresPage.vue'),
    meta: { title: '失败日志详情', byDataset: true },
    props: true,
  },
  { path: 'failures', component: () => import('./pages/uploads/WaitingPage.vue'), meta: { title: '失败日志' } },
  { path: 'templates', component: () => import('./pages/templates/TemplatesPage.vue'), meta: { title: '模板管理' } },
  { path: 'messages', component: () => import('./pages/messages/MessagesPage.vue'), meta: { title: '消息提醒', section: 'system' } },
  { path: 'account', component: () => import('./pages/account/AccountPage.vue'), meta: { title: '我的账号', section: 'system' } },
  { path: 'help', component: () => import('./pages/help/HelpPage.vue'), meta: { title: '使用帮助', section: 'system' } },
  { path: 'contacts', component: () => import('./pages/help/ContactsPage.vue'), meta: { title: '交流方式', section: 'system' } },
  {
    path: 'admin/users',
    component: () => import('./pages/admin/UsersPage.vue'),
    meta: { title: '用户管理', section: 'system', roles: ['admin', 'manager'] },
  },
  {
    path: 'admin/departments',
    component: () => import('./pages/admin/DepartmentsPage.vue'),
    meta: { title: '部门管理', section: 'system', roles: ['admin'] },
  },
  {
    path: 'admin/datasets',
    component: () => import('./pages/datasets/CataloguePage.vue'),
    meta: { title: '数据集管理', section: 'system', roles: ['admin'] },
  },
  {
    path: 'admin/datasets/new',
    component: () => import('./pages/datasets/DesignerPage.vue'),
    meta: { title: '新建数据集', section: 'system', roles: ['admin'], under: [{ title: '数据集管理', to: '/admin/datasets' }] },
  },
  {
    path: 'admin/datasets/:code',
    component: () => import('./pages/datasets/DesignerPage.vue'),
    meta: { title: '数据集设计', section: 'system', roles: ['admin'], under: [{ title: '数据集管理', to: '/admin/datasets' }] },
    props: true,
  },
  {
    path: 'admin/calendar',
    component: () => import('./pages/admin/CalendarPage.vue'),
    meta: { title: '工作日历', section: 'system', roles: ['admin'] },
  },
  {
    path: 'admin/audit',
    component: () => import('./pages/admin/AuditPage.vue'),
    meta: { title: '操作审计', section: 'system', roles: ['admin'] },
  },
]

export const router = createRouter({
  history: createWebHistory(),
  // In the console the page does not scroll, <main> does: to an anchor, or to the top of another page.
  scrollBehavior(to, from, saved) {
    const anchor = to.hash ? document.getElementById(decodeURIComponent(to.hash.slice(1))) : null
    if (anchor) anchor.scrollIntoView()
    else if (to.path !== from.path) document.getElementById('main')?.scrollTo(0, 0)
    return anchor ? false : (saved ?? (to.path !== from.path ? { top: 0 } : false))
  },
  routes: [
    { path: '/', component: () => import('./layouts/PublicLayout.vue'), children: publicPages },
    { path: '/portal', component: () => import('./pages/sign-in/SignInPage.vue'), meta: { title: '登录', public: true } },
    { path: '/portal/password', component: () => import('./pages/sign-in/PasswordPage.vue'), meta: { title: '修改初始密码' } },
    {
      path: '/',
      component: () => import('./layouts/ConsoleLayout.vue'),
      children: [
        ...consolePages,
        { path: ':rest(.+)', component: () => import('./pages/home/NotFoundPage.vue'), meta: { title: '没有这个页面' } },
      ],
    },
  ],
})

router.beforeEach(async (to) => {
  if (to.meta.public) return true
  const user = await useSession()
    .load()
    .catch(() => undefined)
  // Nobody is signed in; or nobody knows, because the server cannot be asked, and the page says so.
  if (!user) return { path: '/portal', query: { next: to.fullPath, ...(user === undefined ? { unreachable: '1' } : {}) } }
  if (user.must_change_password && to.path !== '/portal/password') return { path: '/portal/password', query: { next: to.fullPath } }
  return true
})
// A chunk of an older build is gone after an update: the address is loaded anew, once. Without a connection the page stays and says so.
const RELOADED = 'reloaded'
router.afterEach((_to, _from, failure) => {
  if (!failure) sessionStorage.removeItem(RELOADED)
})
router.onError(async (error, to) => {
  if (!/dynamically imported module|preload/.test(String(error))) return
  const answers = await fetch('/', { cache: 'no-store' }).then(
    (answer) => answer.ok,
    () => false,
  )
  if (answers && sessionStorage.getItem(RELOADED) !== to.fullPath) {
    sessionStorage.setItem(RELOADED, to.fullPath)
    window.location.assign(to.fullPath)
    return
  }
  const words = `“${to.meta.title}”没有打开：${answers ? '页面文件没有取到，请稍后再点一次；还不行时请联系市信用办。' : '连不上服务器，请检查网络（政务外网）后再点一次。'}`
  // Before the console was opened once, its messages cannot be loaded either.
  await import('./lib/messages').then(
    ({ sayProblem }) => sayProblem(new Error(words)),
    () => window.alert(words),
  )
})
