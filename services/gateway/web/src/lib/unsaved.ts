import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate } from 'vue-router'
import { useSession } from '@/stores/session'
import { confirmed } from './messages'

type Ask = () => Promise<boolean>
const open = new Set<Ask>()

/** Before something that leaves every page, as 退出 does: whether the person lets go what is not saved. */
export async function mayLeave(): Promise<boolean> {
  for (const ask of open) if (!(await ask())) return false
  return true
}

interface Words {
  message: string
  title: string
  leave: string
}
const TYPED: Words = { message: '填写的内容还没有保存，离开就会丢失。', title: '没有保存', leave: '不保存，离开' }

/**
 * Asks before what was typed is lost, whichever way somebody leaves: another page, Back, a reload, closing the tab.
 * Returns the question itself, for the component's own 返回; `letGo` is called when the answer was to leave.
 */
export function useUnsaved(dirty: () => boolean, letGo: () => void = () => undefined, words: () => Words = () => TYPED): Ask {
  const session = useSession()
  let asking: Promise<boolean> | undefined
  /** One question at a time: who presses Back twice is not asked twice. */
  function ask() {
    asking ??= put().finally(() => (asking = undefined))
    return asking
  }
  async function put() {
    if (!dirty()) return true
    const { message, title, leave } = words()
    const go = await confirmed(message, title, leave)
    if (go) letGo()
    return go
  }
  const warn = (event: BeforeUnloadEvent) => {
    if (dirty()) event.preventDefault()
  }
  onMounted(() => {
    open.add(ask)
    window.addEventListener('beforeunload', warn)
  })
  onBeforeUnmount(() => {
    open.delete(ask)
    window.removeEventListener('beforeunload', warn)
  })
  // Who has signed out was asked before.
  onBeforeRouteLeave(() => session.user === null || ask())
  onBeforeRouteUpdate((to, from) => to.path === from.path || ask())
  return ask
}
