import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { ApiError } from './api/client'
import App from './App.vue'
import { router } from './router'
import './styles/theme.css'

// A refusal is an answer: only an outage is asked again.
const retry = (times: number, error: Error) => times < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500)
const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 15_000, refetchOnWindowFocus: false, retry } } })

createApp(App).use(createPinia()).use(VueQueryPlugin, { queryClient }).use(router).mount('#app')
