import type { Field, Values } from '@/lib/fields'

/** What two people made of one record: `both` needs a choice, the rest settles itself. */
export interface Merge {
  both: Field[]
  theirs: Field[]
  mine: Field[]
}
const at = (values: Values, field: Field) => values[field.code] ?? ''

/** `settled`: mine as the server would store it (a date typed with slashes is no difference). */
export function compare(fields: Field[], base: Values, mine: Values, theirs: Values, settled: Values = mine): Merge {
  const merge: Merge = { both: [], theirs: [], mine: [] }
  for (const field of fields) {
    if (at(mine, field) === at(theirs, field) || at(settled, field) === at(theirs, field)) continue
    const changedByMe = at(mine, field) !== at(base, field) && at(settled, field) !== at(base, field)
    const changedByThem = at(theirs, field) !== at(base, field)
    merge[changedByMe ? (changedByThem ? 'both' : 'mine') : 'theirs'].push(field)
  }
  return merge
}
/** Theirs, with what only I changed and with mine where it was chosen. */
export function merged(merge: Merge, mine: Values, theirs: Values, chosen: Record<string, 'mine' | 'theirs'>): Values {
  const kept = [...merge.mine, ...merge.both.filter((field) => chosen[field.code] === 'mine')]
  return { ...theirs, ...Object.fromEntries(kept.map((field) => [field.code, at(mine, field)])) }
}
