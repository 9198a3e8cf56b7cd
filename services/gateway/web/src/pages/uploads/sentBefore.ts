import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { api, data } from '@/api/client'
import type { Upload } from '@/api/upload'

const SLICE = 1024 * 1024
/** By a library, slice by slice: `crypto.subtle` is missing on plain http, and a big file would freeze the page. */
export async function contentOf(file: Blob): Promise<string> {
  const hash = sha256.create()
  for (let from = 0; from < file.size; from += SLICE) hash.update(new Uint8Array(await file.slice(from, from + SLICE).arrayBuffer()))
  return bytesToHex(hash.digest())
}

/** The department's last upload of this content, by the server's own rule of `same_file_as`: told before the file is sent twice. */
export async function sentBefore(file: Blob, dataset: string, department: string | undefined, signal: AbortSignal) {
  const query = { dataset, department, sha256: await contentOf(file), deleted: true, size: 200 }
  const { items } = await data(api.GET('/api/v1/uploads', { signal, params: { query } }))
  return items.find((each: Upload) => each.state !== 'failed' && each.state !== 'cancelled' && !each.data_deleted_at)
}
