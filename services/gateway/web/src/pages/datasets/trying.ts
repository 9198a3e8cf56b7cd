import { onBeforeUnmount, watch } from 'vue'
import { ApiError } from '@/api/client'
import type { Designing } from './designing'
import { tried } from './queries'
import { sampleOf } from './sample'

/**
 * Asks the server what the unsaved definition means, half a second after the last change: refusals it alone knows,
 * inferred roles, the public view. `stop` is for whoever asks it more: an answer that comes later than theirs
 * would wipe out what they were told.
 */
export function useTrying({ text, sample, blocking, triable, draft, trial, refused, refuse }: Designing) {
  let timer = 0
  let asking: AbortController | undefined
  function stop() {
    window.clearTimeout(timer)
    asking?.abort()
  }
  async function ask() {
    if (blocking.value.length) return
    const { signal } = (asking = new AbortController())
    try {
      const answer = await tried(triable.value, sampleOf(draft.value.fields, sample.value), signal)
      if (signal.aborted) return
      trial.value = answer
      refused.value = []
    } catch (error) {
      // An outage is said when something is wanted of the server; a refusal at its place.
      if (!signal.aborted && error instanceof ApiError && error.status === 422) refuse(error.errors)
    }
  }
  watch(
    [text, sample],
    () => {
      stop()
      timer = window.setTimeout(() => void ask(), 500)
    },
    { immediate: true },
  )
  onBeforeUnmount(stop)
  return { stop }
}
