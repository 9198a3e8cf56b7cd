import { watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Filters, tab and page stand in the address, so that links and Back work. Never a person's name or number. */
export function useAddress() {
  const route = useRoute()
  const router = useRouter()
  const text = (name: string) => (typeof route.query[name] === 'string' ? (route.query[name] as string) : '')
  // Of a change still on its way: the pager changes size and page in one breath.
  let going: Record<string, string> | undefined
  /** Changes these; whatever changes, the list begins again at page 1 unless `page` is among them. */
  const set = (changes: Record<string, string | number | boolean | null | undefined>) => {
    const wanted = Object.entries({ ...(going ?? route.query), page: '', ...changes }).filter(([, value]) => value)
    const query = Object.fromEntries(wanted.map(([name, value]) => [name, String(value)]))
    going = query
    void router.replace({ query, state: rememberedState() }).finally(() => {
      if (going === query) going = undefined
    })
  }
  return { text, set, page: () => Number(text('page') || 1), size: () => Number(text('size') || 10) }
}

/** Deleting or mending the last rows of the last page leaves an empty page behind: on to the one that is last now. */
export function useLastPage(
  answer: Ref<{ items: unknown[]; total: number; size: number } | undefined>,
  page: () => number,
  turn: (to: number) => void,
) {
  watch(answer, (list) => {
    if (list && !list.items.length && list.total > 0 && page() > 1)
      turn(Math.max(1, Math.min(page() - 1, Math.ceil(list.total / list.size))))
  })
}

/**
 * Words that may name a person, kept with the browser's history entry (`router.push({ …, state: { q } })`): Back and a
 * reload bring them back, no link and no log holds them.
 */
export function rememberedWords(): string {
  const { q } = (window.history.state ?? {}) as { q?: unknown }
  return typeof q === 'string' ? q : ''
}
/** The same of filters by field. */
export function rememberedFields(): Record<string, string> {
  const { fields } = (window.history.state ?? {}) as { fields?: unknown }
  return fields && typeof fields === 'object' ? { ...(fields as Record<string, string>) } : {}
}
const rememberedState = () => ({ q: rememberedWords(), fields: rememberedFields() })
