import { api, ApiError, data, OFFLINE, problemOf, unsafeHeaders, type Schemas } from './client'

export type Upload = Schemas['Upload']
/** What is to become of bad rows and of known ones, and whether only to try. */
export type Ways = Pick<Upload, 'mode' | 'on_duplicate' | 'dry_run'>
export interface UploadWish extends Ways {
  dataset: string
  file: File
}

/** Multipart with byte progress from 0 to 1 (fetch has no upload progress). Raises ApiError. */
export function sendUpload(wish: UploadWish, onBytes: (ratio: number) => void, signal?: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('POST', '/api/v1/uploads')
    xhr.responseType = 'json'
    for (const [name, value] of Object.entries(unsafeHeaders())) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = (event) => event.lengthComputable && onBytes(event.loaded / event.total)
    xhr.onload = () => (xhr.status < 300 ? resolve(xhr.response as Upload) : reject(problemOf(xhr.status, xhr.response as null)))
    xhr.onerror = () => reject(OFFLINE)
    signal?.addEventListener('abort', () => {
      xhr.abort()
      reject(new ApiError(0, '已取消', '已取消上传，文件没有上报。'))
    })
    const body = new FormData()
    // The fields first: the door decides before the file has come.
    body.append('dataset', wish.dataset)
    body.append('mode', wish.mode)
    body.append('on_duplicate', wish.on_duplicate)
    body.append('dry_run', String(wish.dry_run))
    body.append('file', wish.file)
    xhr.send(body)
  })
}

const RUNNING = new Set<Upload['state']>(['received', 'checking', 'storing'])
export const isRunning = (upload: Upload) => RUNNING.has(upload.state)

/** Whether its rows may still be mended. */
export const isMendable = ({ state, data_deleted_at, emptied_at }: Upload) =>
  ['stored', 'partly_stored', 'rejected', 'awaiting_confirmation'].includes(state) && !data_deleted_at && !emptied_at
/** Rejected rows nobody has mended or set aside: the ignored ones are counted among the rejected. */
export const rejectedRows = ({ counts }: Pick<Upload, 'counts'>) => Math.max(0, (counts.rejected ?? 0) - (counts.ignored ?? 0))
/** Of these, what waits for somebody to mend it. */
export const waitingRows = (upload: Upload) => (isMendable(upload) ? rejectedRows(upload) : 0)

/** What the workbook of rejected rows is kept as, beside the file it came from. */
export const rejectedName = ({ file }: Pick<Upload, 'file'>) => `${file.name.replace(/\.xls$/i, '')}（退回数据）.xls`

/** How soon a list that shows uploads is asked again: soon while one of them moves. */
export const pollUploads = (uploads: Upload[] | undefined) => (uploads?.some(isRunning) ? 5_000 : 60_000)

/**
 * Each change of an upload until it no longer moves, by the live stream; asked again by GET every few seconds too, as a stream may be lost.
 * One stream while an upload is in view and closed after: six open ones freeze the site. Returns what ends it.
 */
export function followUpload(id: string, onChange: (upload: Upload) => void): () => void {
  const stream = new EventSource('/api/v1/events')
  let last = 0
  let stopped = false
  const timer = window.setInterval(() => void ask(), 3000)
  const stop = () => {
    stopped = true
    stream.close()
    window.clearInterval(timer)
  }
  const take = (upload: Upload) => {
    if (stopped) return // a GET that was under way when the end came knows an older state
    last = Date.now()
    onChange(upload)
    if (!isRunning(upload)) stop()
  }
  async function ask() {
    if (stopped || Date.now() - last < 2500) return
    // An outage here is not the end: the next tick asks again.
    const upload = await data(api.GET('/api/v1/uploads/{upload_id}', { params: { path: { upload_id: id } } })).catch(() => null)
    if (upload) take(upload)
  }
  stream.addEventListener('upload', (event: MessageEvent<string>) => {
    const upload = JSON.parse(event.data) as Upload
    if (upload.id === id) take(upload)
  })
  void ask()
  return stop
}
