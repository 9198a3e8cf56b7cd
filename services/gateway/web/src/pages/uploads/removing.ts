import { ref } from 'vue'
import { api, data as body, type Schemas } from '@/api/client'
import { useChanged, useDatasets } from '@/api/queries'
import { waitingRows } from '@/api/upload'
import { isPublic } from '@/lib/fields'
import { confirmed, sayDone, sayProblem } from '@/lib/messages'
import type { Upload } from './queries'

/** 删除 (the entry in the list) and 删除数据 (what it brought): each says before what it will do, with the numbers, and after what it did. */
export function useRemoving() {
  const changed = useChanged()
  const kept = ref<Schemas['Kept'][]>([])

  const { data: datasets } = useDatasets()
  const isShown = (upload: Upload) => datasets.value?.some((each) => each.code === upload.dataset.code && isPublic(each)) ?? false

  async function remove(upload: Upload) {
    const { inserted = 0, updated = 0 } = upload.counts // rows mended since are among them
    const stored = inserted + updated
    const waiting = waitingRows(upload)
    const kept = upload.data_deleted_at
      ? '它的数据已经撤回。'
      : stored
        ? `它入库的 ${stored} 条数据（新增 ${inserted}、更新 ${updated}）不变${isShown(upload) ? '、仍然公示' : ''}；要连数据一起撤回，请先用“删除数据”。`
        : '它没有数据入库。'
    const text = `只把这条上传记录从列表里去掉。${kept}${waiting ? `还有 ${waiting} 行待改正，去掉以后不再提醒。` : ''}`
    if (!(await confirmed(text, `删除“${upload.file.name}”的记录`, '删除记录'))) return
    try {
      await api.DELETE('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: upload.id } } })
      sayDone(`已从列表里删除${upload.data_deleted_at || !stored ? '' : `，${stored} 条数据没有变动`}。`)
    } catch (failure) {
      sayProblem(failure)
    }
    await changed()
  }
  async function removeData(upload: Upload) {
    const params = { path: { upload_id: upload.id } }
    try {
      const will = await body(api.GET('/api/v1/uploads/{upload_id}/undo', { params }))
      const text = `将删除这次新增的 ${will.removed} 条数据，把这次更新的 ${will.restored} 条恢复成原来的内容${will.kept.length ? `；${will.kept.length} 条后来又被改过或者再次上报过，保留不动` : ''}。${isShown(upload) ? '删除后不再公示。' : ''}`
      if (!(await confirmed(text, `删除“${upload.file.name}”的数据`, '删除数据'))) return
      const did = await body(api.DELETE('/api/v1/uploads/{upload_id}/data', { params }))
      sayDone(`已删除 ${did.removed} 条，恢复 ${did.restored} 条${did.kept.length ? `，保留 ${did.kept.length} 条` : ''}。`)
      kept.value = did.kept
    } catch (failure) {
      sayProblem(failure)
    }
    await changed()
  }
  return { kept, remove, removeData }
}
