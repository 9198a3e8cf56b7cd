import { onBeforeUnmount, shallowRef, watchEffect } from 'vue'
import type { Schemas } from '@/api/client'
import type { Section } from '@/layouts/menu'
import { isTwoPublicity } from './format'

/** Where a page stands: under which top menu, and the breadcrumbs between 首页 and itself. */
export interface Place {
  section: Section
  under: { title: string; to: string }[]
}
type Kind = Pick<Schemas['Dataset'], 'category'>

/** Of the page that is open, when the address alone does not tell (`byDataset` in router.ts). */
export const place = shallowRef<Place>()

/** The page tells its place as soon as it knows what it shows. */
export function usePlace(of: () => Place | undefined) {
  let mine: Place | undefined
  watchEffect(() => (place.value = mine = of()))
  onBeforeUnmount(() => {
    if (place.value === mine) place.value = undefined
  })
}

/** An upload hangs under the list that has it: 双公示 under 上传记录, all else under 我的上报. */
export const placeOfUpload = (dataset: Kind): Place =>
  isTwoPublicity(dataset)
    ? { section: 'apply', under: [{ title: '上传记录', to: '/uploads' }] }
    : { section: 'collect', under: [{ title: '我的上报', to: '/reports' }] }

const TWO_PUBLICITY: Record<string, { title: string; to: string }> = {
  licence: { title: '行政许可信息管理', to: '/licences' },
  penalty: { title: '行政处罚信息管理', to: '/penalties' },
}
export function placeOfRecord(dataset: Kind): Place {
  const page = TWO_PUBLICITY[dataset.category ?? '']
  return page
    ? { section: 'apply', under: [{ title: '双公示信息管理', to: page.to }, page] }
    : { section: 'data', under: [{ title: '数据管理', to: '/records' }] }
}
