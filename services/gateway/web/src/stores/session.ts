import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { queryClient } from '@/api/cache'
import { api, ApiError, data, sessionEvents, useCsrfToken, type Schemas } from '@/api/client'

type User = Schemas['User']
export type Role = User['role']
/** Where the tabs of a browser tell each other of the session they share (layouts/SessionGuard.vue); no secret is in it. */
export const SHARED_SESSION = 'session'
function forgetShared() {
  try {
    localStorage.removeItem(SHARED_SESSION)
  } catch {
    return // a forbidden store: nothing was told
  }
}

/**
 * Who is signed in. `ended` is true when a session ended in the middle of something: the page stays, a dialog asks to sign in again.
 * `endsAt` is when it ends if nobody does anything more, by this computer's clock; `idleSeconds` how long it may be left alone;
 * `began` tells it from an earlier one, as all tabs of a browser share it.
 */
export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const ended = ref(false)
  const idleSeconds = ref(0)
  const endsAt = ref(Infinity)
  const began = ref(0)
  let asked: Promise<User | null> | undefined

  function take(session: Schemas['Session']) {
    user.value = session.user
    ended.value = false
    if (session.idle_seconds) {
      // Near its absolute end a session is given less.
      idleSeconds.value = Math.max(idleSeconds.value, session.idle_seconds)
      endsAt.value = Date.now() + session.idle_seconds * 1000
    }
    useCsrfToken(session.csrf_token)
    return session.user
  }

  /** Asked once; null without a session. Raises ApiError when the server cannot be reached. */
  function load(): Promise<User | null> {
    asked ??= data(api.GET('/api/v1/session'))
      .then(take)
      .catch((error: unknown) => {
        asked = undefined
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      })
    return user.value ? Promise.resolve(user.value) : asked
  }

  /** Asks again how long the session lasts; asking keeps it alive. A session another tab began for somebody else is not this page's. */
  async function renew() {
    const before = ended.value
    const session = await data(api.GET('/api/v1/session'))
    if (ended.value && !before) return // it ended while this was asked
    if (user.value && session.user.id !== user.value.id) ended.value = true
    else take(session)
  }

  async function signIn(username: string, password: string) {
    const session = await data(api.POST('/api/v1/session', { body: { username, password } }))
    asked = undefined
    if (session.user.id !== user.value?.id) queryClient.clear()
    began.value = Date.now()
    return take(session)
  }

  async function changePassword(current: string, next: string) {
    await api.PUT('/api/v1/session/password', { body: { current, new: next } })
    asked = undefined
    take(await data(api.GET('/api/v1/session')))
  }

  async function endOnServer() {
    await api.DELETE('/api/v1/session').catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 401)) throw error
    })
  }
  async function signOut() {
    // What the page still asks would be refused, and look like a session that ended by itself.
    await queryClient.cancelQueries()
    await endOnServer()
    forgetShared()
    user.value = null
    ended.value = false
    asked = undefined
    useCsrfToken('')
    queryClient.clear()
  }

  /** Nobody is there any more: the session ends, the page stays with all that was typed, for who signs in again. */
  function endIdle() {
    ended.value = true
    // Left alone this long it ends there without our word, too.
    void endOnServer().catch(() => undefined)
  }

  sessionEvents.addEventListener('ended', () => {
    if (user.value) ended.value = true
  })
  sessionEvents.addEventListener('password', () => {
    if (user.value) user.value = { ...user.value, must_change_password: true }
  })

  const can = computed(() => {
    const role = user.value?.role
    return { report: role !== undefined && role !== 'viewer', manage: role === 'admin' || role === 'manager', admin: role === 'admin' }
  })
  /** The server's own rule (services/records/datasets/policy.py): what one may read one may not always report. */
  const mayReport = ({ departments }: Pick<Schemas['Dataset'], 'departments'>) =>
    can.value.report && (can.value.admin || departments === '*' || (departments ?? []).includes(user.value?.department.code ?? ''))
  return { user, ended, idleSeconds, endsAt, began, load, renew, signIn, changePassword, signOut, endIdle, can, mayReport }
})
