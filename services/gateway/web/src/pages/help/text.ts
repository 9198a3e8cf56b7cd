/** The parts a chapter of the manual is made of. In a text, `[words](/path)` is a link and `**words**` what stands on the screen. */
export type Block =
  | { p: string }
  | { steps: string[] }
  | { list: string[] }
  | { tip: string }
  | { picture: string; alt: string }
  | { head: string[]; rows: string[][] }

export interface Section {
  id: string
  title: string
  blocks: Block[]
}
export interface Chapter {
  id: string
  title: string
  sections: Section[]
}

export interface Piece {
  text: string
  to?: string
  strong?: boolean
  found?: boolean
}

const MARKS = /\[([^\]]+)\]\((\/[^)]*)\)|\*\*(.+?)\*\*/g

/** A text in pieces: links, strong words, and what a search found in them. */
export function pieces(text: string, wanted = ''): Piece[] {
  const parts: Piece[] = []
  let end = 0
  for (const match of text.matchAll(MARKS)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index) })
    parts.push(match[3] ? { text: match[3], strong: true } : { text: match[1]!, to: match[2]! })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return wanted ? parts.flatMap((part) => marked(part, wanted)) : parts
}

function marked(part: Piece, wanted: string): Piece[] {
  const made: Piece[] = []
  const low = part.text.toLowerCase()
  let end = 0
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, end)) {
    if (at > end) made.push({ ...part, text: part.text.slice(end, at) })
    end = at + wanted.length
    made.push({ ...part, text: part.text.slice(at, end), found: true })
  }
  if (end < part.text.length) made.push({ ...part, text: part.text.slice(end) })
  return made
}

/** What a reader sees of a block, in lower case: what is searched. */
export function wordsOf(block: Block): string {
  const texts =
    'p' in block
      ? [block.p]
      : 'tip' in block
        ? [block.tip]
        : 'steps' in block
          ? block.steps
          : 'list' in block
            ? block.list
            : 'picture' in block
              ? [block.alt]
              : [...block.head, ...block.rows.flat()]
  return texts
    .map((text) =>
      pieces(text)
        .map((piece) => piece.text)
        .join(''),
    )
    .join('\n')
    .toLowerCase()
}

export const matches = (section: Section, wanted: string) =>
  section.title.toLowerCase().includes(wanted) || section.blocks.some((block) => wordsOf(block).includes(wanted))
