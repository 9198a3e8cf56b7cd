/**
 * What stands in `field` into the clipboard; false where the browser refuses, then it is selected for Ctrl+C.
 * The old way on purpose: `navigator.clipboard` does not exist on a page served over plain http.
 */
export function copyFrom(field: HTMLInputElement | HTMLTextAreaElement | null | undefined): boolean {
  if (!field) return false
  field.focus()
  field.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  }
}
