/** Offers a file that was fetched to be kept, under this name. */
export function keep(file: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has taken hold of it by the next turn.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
