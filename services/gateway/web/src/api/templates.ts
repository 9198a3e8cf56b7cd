import { useQuery } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { headersOf } from './client'
import type { Dataset } from './queries'

export const templateOf = (dataset: Pick<Dataset, 'code'>) => `/api/v1/datasets/${dataset.code}/template.xls`

/** Bytes of each dataset's template, by code. A template is made when asked for, so its size is asked of the workbook itself. */
export const useTemplateSizes = (datasets: MaybeRefOrGetter<Dataset[]>) =>
  useQuery({
    queryKey: ['template-sizes', () => toValue(datasets).map((dataset) => `${dataset.code} ${dataset.version}`)],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const sizes = toValue(datasets).map(async (dataset) => {
        const headers = await headersOf(templateOf(dataset), signal)
        return [dataset.code, Number(headers.get('Content-Length'))] as const
      })
      return new Map(await Promise.all(sizes))
    },
  })
