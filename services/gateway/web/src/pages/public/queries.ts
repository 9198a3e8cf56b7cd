import { useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'
import { keepPages } from '@/lib/address'

export type PublicSearch = Partial<Schemas['PublicQuery']>
/** What narrows the list; it stands in the address. */
export const FILTERS = ['dataset', 'department', 'region', 'from', 'to'] as const
/** Who publishes anything. */
export const usePublicDepartments = () =>
  useQuery({
    queryKey: ['public', 'departments'],
    staleTime: 300_000,
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/public/departments', { signal }))).items,
  })
export const usePublicRecords = (search: MaybeRefOrGetter<PublicSearch>, enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: ['public', 'records', search],
    enabled: () => toValue(enabled),
    placeholderData: keepPages(search),
    queryFn: ({ signal }) => data(api.GET('/api/v1/public/records', { signal, params: { query: toValue(search) } })),
  })
export const usePublicRecord = (id: MaybeRefOrGetter<string>) =>
  useQuery({
    queryKey: ['public', 'record', id],
    queryFn: ({ signal }) => data(api.GET('/api/v1/public/records/{record_id}', { signal, params: { path: { record_id: toValue(id) } } })),
  })
export const usePublicStatistics = () =>
  useQuery({ queryKey: ['public', 'statistics'], queryFn: ({ signal }) => data(api.GET('/api/v1/public/statistics', { signal })) })
