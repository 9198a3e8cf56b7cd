type Category = 'licence' | 'penalty'

/** The codes that every installation has (api.md), whatever else sorts before them. */
export const ALWAYS_THERE: Record<Category, string> = { licence: 'xzxk_fr', penalty: 'xzcf_fr' }

const keyOf = (category: Category) => `dataset-of-${category}`

/** The dataset last chosen of a category in this browser, if it may tell. */
export function remembered(category: Category): string | null {
  try {
    return localStorage.getItem(keyOf(category))
  } catch {
    return null // a forbidden store: a visit begins as the first one did
  }
}
export function remember(category: Category, code: string) {
  try {
    localStorage.setItem(keyOf(category), code)
  } catch {
    return // a forbidden store: it is chosen anew next time
  }
}
