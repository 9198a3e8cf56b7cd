import type { Dataset } from '@/api/queries'
import { isMendable, isRunning, waitingRows, type Upload } from '@/api/upload'
import type { useSession } from '@/stores/session'

type Session = Pick<ReturnType<typeof useSession>, 'can' | 'user' | 'mayReport'>

/** Why this person can mend nothing of the upload, and what to do instead; empty where they can. The server refuses the same. */
export function whyNotMend(upload: Upload, { can }: Session): string {
  if (isRunning(upload)) return '这次上报还在处理，处理完再改正。'
  if (upload.state === 'cancelled') return '这次上报已取消，一行也没有入库，不能再改正；需要时请重新上传。'
  if (upload.data_deleted_at) return '这次上报的数据已经撤回（删除数据），不能再改正；需要时请重新上传。'
  if (!isMendable(upload)) return '这次上报没有可以改正的行。'
  if (!can.report) return '您的账号只能查看。改正由本部门的填报员或部门管理员来做，可以下载退回数据表交给他们。'
  return ''
}

/** Why a workbook of failed rows cannot be brought back by this person; empty where it can. `today`: the dataset as it is now. */
export function whyNotBringBack(upload: Upload, today: Dataset | undefined, { user, mayReport }: Session): string {
  if (upload.department.code !== user?.department.code) return '退回数据表要由上报的部门来上传。'
  return today && mayReport(today) ? '' : '本部门现在不再上报这类数据，改好的表不能再上传。'
}

/** Whether a row that is good now is stored at once: not in a dry run, and where all or nothing is stored only as the last one. */
export const storesAtOnce = (upload: Upload) =>
  upload.state !== 'awaiting_confirmation' && !(upload.mode === 'atomic' && upload.state === 'rejected' && waitingRows(upload) > 1)
