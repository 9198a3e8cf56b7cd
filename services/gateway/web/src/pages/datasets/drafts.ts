import { useSession } from '@/stores/session'
import type { Design } from './model'

// Unsaved designs outlive a reload of the tab and an idle time-out, each for who made it. Definitions hold no personal data; the browser
// forgets them with the tab.

export interface KeptDraft {
  at: string
  version: number | undefined
  design: Design
}
const keyOf = (code: string | undefined) => `dataset-design:${useSession().user?.id ?? ''}:${code ?? ''}`

export function keepDraft(code: string | undefined, version: number | undefined, design: Design) {
  try {
    sessionStorage.setItem(keyOf(code), JSON.stringify({ at: new Date().toISOString(), version, design } satisfies KeptDraft))
  } catch {
    return // a full or forbidden store: leaving still asks
  }
}
export function keptDraft(code: string | undefined): KeptDraft | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(keyOf(code)) ?? 'null') as KeptDraft | null) ?? undefined
  } catch {
    return undefined // of an older build, or no store at all
  }
}
export function discardDraft(code: string | undefined) {
  try {
    sessionStorage.removeItem(keyOf(code))
  } catch {
    return // nothing was kept either
  }
}
