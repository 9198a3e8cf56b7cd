import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'
import type { Known } from '@/api/queries'
import { pollUploads } from '@/api/upload'
import { useSession } from '@/stores/session'

export type Upload = Schemas['Upload']
export type Row = Schemas['Row']

export interface UploadQuery {
  page: number
  size: number
  dataset?: string
  state?: Schemas['UploadState']
  department?: string
  from?: string
  to?: string
  deleted?: boolean
  kind?: 'two_publicity' | 'other'
  waiting?: 'rows' | 'confirmation' | 'processing'
}
export function useUploads(query: MaybeRefOrGetter<UploadQuery>) {
  const session = useSession()
  return useQuery({
    queryKey: ['uploads', 'list', query],
    placeholderData: keepPreviousData,
    refetchInterval: (list: Known<{ items: Upload[] }>) => !session.ended && pollUploads(list.state.data?.items),
    queryFn: ({ signal }) => data(api.GET('/api/v1/uploads', { signal, params: { query: toValue(query) } })),
  })
}

/** These uploads among all that wait for correction, however many that are. */
export const useWaitingAmong = (ids: MaybeRefOrGetter<string[]>, enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: ['uploads', 'among', ids],
    enabled: () => toValue(enabled),
    queryFn: async ({ signal }) => {
      const wanted = new Set(toValue(ids))
      const found: Upload[] = []
      for (let page = 1, more = wanted.size > 0; more; page += 1) {
        const query = { page, size: 200, waiting: 'rows' as const }
        const list = await data(api.GET('/api/v1/uploads', { signal, params: { query } }))
        found.push(...list.items.filter((upload) => wanted.has(upload.id)))
        more = found.length < wanted.size && page * list.size < list.total
      }
      return found
    },
  })

export const useUpload = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: ['uploads', 'one', id],
    queryFn: ({ signal }) => data(api.GET('/api/v1/uploads/{upload_id}', { signal, params: { path: { upload_id: toValue(id) } } })),
  })

/** The definition an upload's rows were checked by; the dataset may be another since, or no longer the department's. */
export const useUploadDataset = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: ['upload-dataset', id],
    staleTime: Infinity,
    queryFn: ({ signal }) => data(api.GET('/api/v1/uploads/{upload_id}/dataset', { signal, params: { path: { upload_id: toValue(id) } } })),
  })

/** What stood there while the next page is asked for, but never the rows of one tab under the next. */
const keptWithin =
  <Q extends object>(query: MaybeRefOrGetter<Q>, ...tab: (keyof Q)[]) =>
  <T>(before: T | undefined, asked: { queryKey: readonly unknown[] } | undefined): T | undefined => {
    const was = asked?.queryKey.at(-1) as Q | undefined
    return was && tab.every((name) => was[name] === toValue(query)[name]) ? before : undefined
  }

export interface RowQuery {
  page: number
  size: number
  outcome?: Schemas['Outcome']
  severity?: Schemas['Severity']
}
export const useRows = (id: MaybeRefOrGetter<string>, query: MaybeRefOrGetter<RowQuery>, enabled: MaybeRefOrGetter<boolean> = true) =>
  useQuery({
    queryKey: ['uploads', 'rows', id, query],
    enabled: () => toValue(enabled),
    placeholderData: keptWithin(query, 'outcome', 'severity'),
    queryFn: ({ signal }) =>
      data(api.GET('/api/v1/uploads/{upload_id}/rows', { signal, params: { path: { upload_id: toValue(id) }, query: toValue(query) } })),
  })

type Forecast = Schemas['Comparison']['forecast']
export const useComparison = (id: MaybeRefOrGetter<string>, query: MaybeRefOrGetter<{ page: number; size: number; forecast: Forecast }>) =>
  useQuery({
    queryKey: ['uploads', 'comparison', id, query],
    placeholderData: keptWithin(query, 'forecast'),
    queryFn: ({ signal }) =>
      data(
        api.GET('/api/v1/uploads/{upload_id}/comparison', { signal, params: { path: { upload_id: toValue(id) }, query: toValue(query) } }),
      ),
  })

/** How many rows of each kind a dry run would make. */
export const useForecasts = (id: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean> = true) =>
  useQuery({
    queryKey: ['uploads', 'forecasts', id],
    enabled: () => toValue(enabled),
    queryFn: async ({ signal }) => {
      const kinds: Forecast[] = ['inserted', 'updated', 'unchanged', 'rejected']
      const params = (forecast: Forecast) => ({ path: { upload_id: toValue(id) }, query: { page: 1, size: 1, forecast } })
      const pages = await Promise.all(
        kinds.map((kind) => data(api.GET('/api/v1/uploads/{upload_id}/comparison', { signal, params: params(kind) }))),
      )
      return Object.fromEntries(kinds.map((kind, index) => [kind, pages[index]!.total])) as Record<Forecast, number>
    },
  })
