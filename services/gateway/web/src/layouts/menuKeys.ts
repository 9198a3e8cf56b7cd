/**
 * The side menu by keyboard, which the component library gives to horizontal menus alone: one stop of Tab, arrows inside,
 * Enter and Space open, as WAI-ARIA has it for a menu bar.
 */
const items = (menu: HTMLElement) =>
  [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')].filter((item) => item.getClientRects().length > 0)

/** Tab leads to `stop`, or to the page's own item, or to the first one. */
export function setStop(menu: HTMLElement | null, stop?: HTMLElement) {
  if (!menu) return
  const all = items(menu)
  const chosen = stop ?? all.find((item) => item.classList.contains('is-active') && !item.ariaHasPopup) ?? all[0]
  for (const item of all) item.tabIndex = item === chosen ? 0 : -1
}

const title = (item: HTMLElement) => item.querySelector<HTMLElement>(':scope > .el-sub-menu__title') ?? item

export function walkMenu(event: KeyboardEvent) {
  const menu = event.currentTarget as HTMLElement
  const all = items(menu)
  const at = all.indexOf((event.target as HTMLElement).closest<HTMLElement>('[role=menuitem]') as HTMLElement)
  const here = all[at]
  if (!here || event.ctrlKey || event.altKey || event.metaKey) return
  const open = here.getAttribute('aria-expanded')
  let to: HTMLElement | undefined
  switch (event.key) {
    case 'ArrowDown':
      to = all[(at + 1) % all.length]
      break
    case 'ArrowUp':
      to = all[(at - 1 + all.length) % all.length]
      break
    case 'Home':
      to = all[0]
      break
    case 'End':
      to = all.at(-1)
      break
    case 'ArrowRight':
      if (open === 'true') to = all[at + 1]
      else if (open === 'false') title(here).click()
      break
    case 'ArrowLeft':
      if (open === 'true') title(here).click()
      else to = here.parentElement?.closest<HTMLElement>('[role=menuitem]') ?? undefined
      break
    case 'Enter':
    case ' ':
      title(here).click()
      break
    default:
      return
  }
  event.preventDefault()
  if (to) {
    setStop(menu, to)
    to.focus()
  }
}
