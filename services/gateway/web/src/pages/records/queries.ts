import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'

export type StoredRecord = Schemas['Record']
export type RecordSearch = Partial<Schemas['RecordSearch']>

/** The filters of a list of records that stand in its address. */
export const addressed = (text: (name: string) => string, admin: boolean): RecordSearch => ({
  ...(text('region') ? { region: text('region') } : {}),
  ...(text('state') ? { state: text('state') as Schemas['RecordState'] } : {}),
  ...(text('from') ? { from: text('from') } : {}),
  ...(text('to') ? { to: text('to') } : {}),
  ...(text('by') ? { by: text('by') as Schemas['RecordQuery']['by'] } : {}),
  ...(text('entry') ? { entry: text('entry') as 'hand' | 'upload' } : {}),
  ...(text('on_time') ? { on_time: text('on_time') === 'true' } : {}),
  ...(admin && text('department') ? { department: text('department') } : {}),
})

/** By POST: names and numbers of persons do not belong in an address. */
export const useRecords = (search: MaybeRefOrGetter<RecordSearch>) =>
  useQuery({
    queryKey: ['records', 'list', search],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => data(api.POST('/api/v1/records/search', { signal, body: toValue(search) as Schemas['RecordSearch'] })),
  })
export const useRecord = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: ['records', 'one', id],
    queryFn: ({ signal }) => data(api.GET('/api/v1/records/{record_id}', { signal, params: { path: { record_id: toValue(id) } } })),
  })
export const HISTORY_SIZE = 20
export const useHistory = (id: MaybeRefOrGetter<string>, page: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: ['records', 'history', id, page],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      data(
        api.GET('/api/v1/records/{record_id}/history', {
          signal,
          params: { path: { record_id: toValue(id) }, query: { page: toValue(page), size: HISTORY_SIZE } },
        }),
      ),
  })
