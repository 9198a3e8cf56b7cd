import { useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { headersOf } from './client'
import type { Dataset } from './queries'

export const templateOf = (dataset: Pick<Dataset, 'code'>) => `/api/v1/datasets/${dataset.code}/template.xls`

/** Bytes of each dataset's template, by code, or why they are not known. A template is made when asked for, so its size is asked of the workbook itself. */
export const useTemplateSizes = (datasets: MaybeRefOrGetter<Dataset[]>) =>
  useQuery<Map<string, number | Error>>({
    queryKey: ['template-sizes', () => toValue(datasets).map((dataset) => `${dataset.code} ${dataset.version}`)],
    staleTime: ({ state }) => ([...(state.data?.values() ?? [])].some((size) => size instanceof Error) ? 0 : Infinity),
    queryFn: async ({ signal }) => {
      const sizes = toValue(datasets).map(async (dataset) => {
        const size = headersOf(templateOf(dataset), signal).then(
          (headers) => Number(headers.get('Content-Length')),
          (error: Error) => {
            if (signal.aborted) throw error
            return error
          },
        )
        return [dataset.code, await size] as const
      })
      return new Map(await Promise.all(sizes))
    },
  })
