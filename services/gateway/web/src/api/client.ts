import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Problem = Schemas['Problem']
export type FieldError = Schemas['FieldError']

/** What the server, or the way to it, refused: `message` is said to the person as it is. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly slug = '',
    readonly errors: FieldError[] = [],
    readonly requestId = '',
  ) {
    super(detail || title)
  }
}

export const OFFLINE = new ApiError(0, '连不上服务器', '连不上服务器。请检查网络（政务外网）后再试，已填写的内容不会丢失。')

/** From an answer that is not good; also of XMLHttpRequest. */
export function problemOf(status: number, body: Partial<Problem> | null): ApiError {
  const slug = (body?.type ?? '').replace('/problems/', '')
  const title = body?.title ?? `请求没有成功（${status}）`
  return new ApiError(
    status,
    title,
    body?.detail ?? '请稍后再试；还不行时请把时间和页面告诉市信用办。',
    slug,
    body?.errors ?? [],
    body?.request_id ?? '',
  )
}

let csrfToken = ''
export function useCsrfToken(token: string) {
  csrfToken = token
}

/** The headers of an unsafe request, for what is not sent by `api`. */
export const unsafeHeaders = (): Record<string, string> => (csrfToken ? { 'X-CSRF-Token': csrfToken } : {})

let lastUse = Date.now()
/** Somebody is at the page: a key, a click, a wheel. */
export function somebodyIsHere() {
  lastUse = Date.now()
}
const ALONE_AFTER = 60_000

/** Told to the session store: the session has ended in the middle of something, or waits for a password of the person's own. */
export const sessionEvents = new EventTarget()

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') for (const [name, value] of Object.entries(unsafeHeaders())) request.headers.set(name, value)
    // What a page left open asks by itself keeps no session alive.
    else if (Date.now() - lastUse > ALONE_AFTER) request.headers.set('X-Unattended', 'true')
  },
  async onResponse({ request, response }) {
    if (response.ok) return
    const body = (await response.json().catch(() => null)) as Partial<Problem> | null
    const error = problemOf(response.status, body)
    const signingIn = request.method === 'POST' && request.url.endsWith('/api/v1/session')
    if (error.status === 401 && !signingIn) sessionEvents.dispatchEvent(new Event('ended'))
    if (error.slug === 'password-change-required') sessionEvents.dispatchEvent(new Event('password'))
    throw error
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error
    return OFFLINE
  },
}

export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })
api.use(guard)

/** The body of a good answer; errors were thrown by the guard. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T
}

/** The bytes behind a link of the interface, such as a template. Raises ApiError as `api` does. */
export const file = (href: string) => data<Blob>(api.GET(href as never, { parseAs: 'blob' } as never))

/** What an answer of GET would say of itself. Raises ApiError as `api` does. */
export async function headersOf(href: string, signal: AbortSignal): Promise<Headers> {
  return (await api.HEAD(href as never, { signal } as never)).response.headers
}
