import { watchEffect } from 'vue'
import { useRoute } from 'vue-router'
import { useSite } from '@/api/queries'

const UNTIL_KNOWN = { site: '信用信息公示', platform: '公共信用信息平台' }

/** The document's title is that of the route, and the name of the public site or of the platform behind the sign-in. */
export function useTitle(of: 'site' | 'platform') {
  const route = useRoute()
  const { data: known } = useSite()
  watchEffect(() => (document.title = `${route.meta.title} - ${known.value?.[of] ?? UNTIL_KNOWN[of]}`))
}
