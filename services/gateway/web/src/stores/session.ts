import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ApiError, data, sessionEvents, useCsrfToken, type Schemas } from '@/api/client'

type User = Schemas['User']
export type Role = User['role']

/** Who is signed in. `ended` is true when a session ended in the middle of something: the page stays, a dialog asks to sign in again. */
export const useSession = defineStore('session', () => {
  const user = ref<User | null>(null)
  const ended = ref(false)
  const idleSeconds = ref(1800)
  let asked: Promise<User | null> | undefined

  function take(session: Schemas['Session']) {
    user.value = session.user
    ended.value = false
    if (session.idle_seconds) idleSeconds.value = session.idle_seconds
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

  async function signIn(username: string, password: string) {
    const session = await data(api.POST('/api/v1/session', { body: { username, password } }))
    asked = undefined
    const before = user.value
    take(session)
    return { user: session.user, samePerson: before === null || before.id === session.user.id }
  }

  async function changePassword(current: string, next: string) {
    await api.PUT('/api/v1/session/password', { body: { current, new: next } })
    asked = undefined
    take(await data(api.GET('/api/v1/session')))
  }

  async function signOut() {
    await api.DELETE('/api/v1/session').catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 401)) throw error
    })
    user.value = null
    asked = undefined
    useCsrfToken('')
  }

  sessionEvents.addEventListener('ended', () => {
    if (user.value) ended.value = true
  })

  const can = computed(() => {
    const role = user.value?.role
    return { report: role !== undefined && role !== 'viewer', manage: role === 'admin' || role === 'manager', admin: role === 'admin' }
  })
  return { user, ended, idleSeconds, load, signIn, changePassword, signOut, can }
})
