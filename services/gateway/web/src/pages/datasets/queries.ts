import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'
import type { Draft } from './model'

export type DatasetVersion = Schemas['DatasetVersion']

/** Newest first, with who made each and what it changed. */
export const useVersions = (code: MaybeRefOrGetter<string | undefined>) =>
  useQuery({
    queryKey: ['dataset-versions', code],
    enabled: () => !!toValue(code),
    queryFn: async ({ signal }) =>
      (await data(api.GET('/api/v1/datasets/{code}/versions', { signal, params: { path: { code: toValue(code) ?? '' } } }))).items,
  })

/** Rows kept so far by dataset code: what tells a dataset in use from one nobody has reported yet. */
export const useStored = () =>
  useQuery({
    queryKey: ['statistics', 'stored-by-dataset'],
    queryFn: async ({ signal }) => {
      const page = await data(api.GET('/api/v1/statistics', { signal, params: { query: { group_by: 'dataset', size: 1000 } } }))
      return new Map(page.items.map((item) => [item.key, item.stored]))
    },
  })

/** What the definition would mean; raises the server's refusals. Nothing is kept. */
export const tried = (definition: Draft, values: Record<string, string>, signal?: AbortSignal) =>
  data(api.POST('/api/v1/datasets/trial', { signal, body: { definition, values } }))

export function useSaved() {
  const queries = useQueryClient()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['datasets'] }),
      queries.invalidateQueries({ queryKey: ['dataset-versions'] }),
      queries.invalidateQueries({ queryKey: ['public'] }),
    ])
}
