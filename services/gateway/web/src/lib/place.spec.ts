import { expect, it } from 'vitest'
import { placeOfRecord, placeOfUpload } from './place'

it('stands where the menu lists it', () => {
  expect(placeOfUpload({ category: 'licence' })).toMatchObject({ section: 'apply', under: [{ to: '/uploads' }] })
  expect(placeOfUpload({ category: 'red_list' })).toMatchObject({ section: 'collect', under: [{ to: '/reports' }] })
  expect(placeOfRecord({ category: 'penalty' }).under.map((step) => step.title)).toEqual(['双公示信息管理', '行政处罚信息管理'])
  expect(placeOfRecord({ category: 'tax' })).toMatchObject({ section: 'data', under: [{ to: '/records' }] })
})
