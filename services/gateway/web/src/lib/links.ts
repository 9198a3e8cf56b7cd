/** The page of the same rows: links of the interface name its paths; /api/v1/uploads?… is /uploads?… here, of both kinds. */
export const listPage = (link: string) => link.replace(/^\/api\/v1/, '').replace(/^\/uploads\?(?!.*\bdataset=)/, '/uploads?kind=all&')

const elsewhere = /^\/[/\\]|[\u0000-\u0020\u007f\\]/

/** Where to go after signing in: a page of this site, or 首页. What a browser could read as another site's address is none. */
export function pageToReturnTo(next: unknown): string {
  const wanted = typeof next === 'string' ? next : ''
  if (!wanted.startsWith('/') || elsewhere.test(wanted) || wanted.startsWith('/portal')) return '/home'
  return new URL(wanted, 'http://here').host === 'here' ? wanted : '/home'
}
