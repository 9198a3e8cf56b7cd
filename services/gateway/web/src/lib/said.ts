import { ApiError } from '@/api/client'

const FEW = 3
/** The words of an error, for a page that shows them itself: those about single fields, where they are few. */
export function said(error: unknown): string {
  const errors = error instanceof ApiError ? error.errors : []
  if (errors.length && errors.length <= FEW) return errors.map((each) => each.message).join(' ')
  return error instanceof Error ? error.message : String(error)
}
