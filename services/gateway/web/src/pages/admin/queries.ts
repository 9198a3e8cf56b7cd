import { useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, data } from '@/api/client'

/** All departments, also those that are closed: for filters and names. */
export const useDepartments = (enabled: MaybeRefOrGetter<boolean> = true) =>
  useQuery({
    queryKey: ['departments', 'all'],
    enabled: () => toValue(enabled),
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/departments', { signal, params: { query: { size: 200 } } }))).items,
  })
