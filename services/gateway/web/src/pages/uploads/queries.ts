import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'

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
export const useUploads = (query: MaybeRefOrGetter<UploadQuery>) =>
  useQuery({
    queryKey: ['uploads', 'list', query],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => data(api.GET('/api/v1/uploads', { signal, params: { query: toValue(query) } })),
  })

export const useUpload = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: ['uploads', 'one', id],
    queryFn: ({ signal }) => data(api.GET('/api/v1/uploads/{upload_id}', { signal, params: { path: { upload_id: toValue(id) } } })),
  })

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
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      data(api.GET('/api/v1/uploads/{upload_id}/rows', { signal, params: { path: { upload_id: toValue(id) }, query: toValue(query) } })),
  })

type Forecast = Schemas['Comparison']['forecast']
export const useComparison = (id: MaybeRefOrGetter<string>, query: MaybeRefOrGetter<{ page: number; size: number; forecast: Forecast }>) =>
  useQuery({
    queryKey: ['uploads', 'comparison', id, query],
    placeholderData: keepPreviousData,
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
