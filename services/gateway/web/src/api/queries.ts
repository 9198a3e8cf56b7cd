import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useSession } from '@/stores/session'
import { api, data, type Schemas } from './client'

// What several pages need. What one page needs stands in its own folder.

export type Dataset = Schemas['Dataset']
/** Of a query, what it has been told: how soon it asks again may hang on that. */
export interface Known<T> {
  state: { data?: T }
}

export const useSite = () =>
  useQuery({ queryKey: ['site'], staleTime: Infinity, queryFn: ({ signal }) => data(api.GET('/api/v1/public/site', { signal })) })

/** All datasets the signed-in person may report or read, with fields and rules. */
export const useDatasets = () =>
  useQuery({
    queryKey: ['datasets'],
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/datasets', { signal, params: { query: { size: 200 } } }))).items,
  })

/** What is published of which datasets: without a sign-in, and of other departments. */
export const usePublicDatasets = () =>
  useQuery({
    queryKey: ['public', 'datasets'],
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/public/datasets', { signal, params: { query: { size: 200 } } }))).items,
  })

export function useDataset(code: MaybeRefOrGetter<string | undefined>) {
  const all = useDatasets()
  return { ...all, data: computed(() => all.data.value?.find((dataset) => dataset.code === toValue(code))) }
}

/** Every department, closed ones too. Only the credit office may ask. */
export const useDepartments = (enabled: MaybeRefOrGetter<boolean> = true) =>
  useQuery({
    queryKey: ['departments', 'all'],
    enabled: () => toValue(enabled),
    staleTime: 300_000,
    queryFn: async ({ signal }) => {
      const all: Schemas['Department'][] = []
      for (let page = 1, more = true; more; page += 1) {
        const list = await data(api.GET('/api/v1/departments', { signal, params: { query: { page, size: 200 } } }))
        all.push(...list.items)
        more = page * list.size < list.total
      }
      return all
    },
  })

/** What waits for the department. Soon asked again while something runs. */
export function useHome() {
  const session = useSession()
  return useQuery({
    queryKey: ['home'],
    refetchInterval: (query: Known<Schemas['HomeFigures']>) => !session.ended && (query.state.data?.uploads_running ? 5_000 : 60_000),
    queryFn: ({ signal }) => data(api.GET('/api/v1/home', { signal })),
  })
}

/** 消息提醒's number; asked each minute, not by a stream: six open streams freeze a browser. */
export const useUnread = (enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: ['messages', 'unread'],
    enabled: () => toValue(enabled),
    refetchInterval: 60_000,
    queryFn: async ({ signal }) =>
      (await data(api.GET('/api/v1/messages', { signal, params: { query: { size: 1, unread: true } } }))).unread,
  })

/** After anything that changes uploads or records: whatever shows or counts them is asked anew. */
export function useChanged() {
  const queries = useQueryClient()
  const all = ['uploads', 'records', 'home', 'statistics', 'messages', 'subjects', 'public']
  return () => Promise.all(all.map((key) => queries.invalidateQueries({ queryKey: [key] })))
}
