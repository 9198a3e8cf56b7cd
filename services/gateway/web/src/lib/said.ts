/** The words of an error, for a page that shows them itself. */
export const said = (error: unknown) => (error instanceof Error ? error.message : String(error))
