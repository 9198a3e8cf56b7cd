import { ref, toValue, watch, type MaybeRefOrGetter, type Ref } from 'vue'
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
    void router.replace({ query, state: { ...rememberedWords() } }).finally(() => {
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
 * While another page of a list is on its way, the one before stays (`placeholderData`, where the key ends in what is asked
 * for). Under another question nothing of the former stands: it would read as its answer.
 */
export function keepPages(wanted: MaybeRefOrGetter<object>) {
  const question = (search: unknown) => JSON.stringify({ ...(search as object), page: 0, size: 0 })
  return <T>(before: T | undefined, query: { queryKey: readonly unknown[] } | undefined): T | undefined =>
    question(query?.queryKey.at(-1)) === question(toValue(wanted)) ? before : undefined
}

/** What is searched for and may name a person: never in an address. */
export interface Words {
  q: string
  fields: Record<string, string>
}
/**
 * Such words are kept with the browser's history entry (`router.push({ …, state: { q, fields } })`): Back and a reload
 * bring them back, no link and no log holds them. Of a page with a search: what it asks for, and what is typed; a text
 * that is typed but not asked for yet stays while another filter changes.
 */
export function useWords() {
  const router = useRouter()
  const asked = ref(rememberedWords())
  const typed = ref(rememberedWords())
  watch(router.currentRoute, (to, from) => {
    const words = rememberedWords()
    if (to.path !== from.path || JSON.stringify(words) === JSON.stringify(asked.value)) return
    asked.value = words
    typed.value = rememberedWords()
  })
  return { asked, typed }
}
function rememberedWords(): Words {
  const { q, fields } = (window.history.state ?? {}) as { q?: unknown; fields?: unknown }
  return {
    q: typeof q === 'string' ? q : '',
    fields: fields && typeof fields === 'object' ? { ...(fields as Record<string, string>) } : {},
  }
}
