/** Offers a made file to be kept, under this name; for what cannot be a link because it was asked for by POST. */
export function keep(file: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has taken hold of it by the next turn.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
