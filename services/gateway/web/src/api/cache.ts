import { QueryClient } from '@tanstack/vue-query'
import { ApiError } from './client'

// A refusal is an answer: only an outage is asked again.
const retry = (times: number, error: Error) => times < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500)

/** What the server has answered. It is one person's: whoever signs in or out empties it (stores/session.ts). */
export const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 15_000, refetchOnWindowFocus: false, retry } } })
