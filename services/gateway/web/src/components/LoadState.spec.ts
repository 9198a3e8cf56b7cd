import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { ApiError } from '@/api/client'
import LoadState from './LoadState.vue'

const outage = new ApiError(503, '暂时没有回答', '请稍后再试。')
const slots = { default: '<input aria-label="输入" />' }
const input = (page: ReturnType<typeof mount>) => page.find('input')

it('keeps what is known, and what was typed in it, below the error', async () => {
  for (const known of [{ empty: false }, { known: true }]) {
    const page = mount(LoadState, { props: known, slots })
    await input(page).setValue('特种设备')
    await page.setProps({ error: outage })
    expect(page.get('[role=alert]').text()).toContain('请稍后再试。')
    expect(input(page).element.value).toBe('特种设备')
    await page.get('button').trigger('click')
    expect(page.emitted('retry')).toHaveLength(1)
    await page.setProps({ error: null })
    expect(page.find('[role=alert]').exists()).toBe(false)
    expect(input(page).element.value).toBe('特种设备')
  }
})

it('shows the error alone when nothing is known', () => {
  for (const unknown of [{}, { empty: true }, { loading: true }]) {
    const page = mount(LoadState, { props: { ...unknown, error: outage }, slots })
    expect(page.find('[role=alert]').exists()).toBe(true)
    expect(input(page).exists()).toBe(false)
    expect(page.find('.loading, .nothing').exists()).toBe(false)
  }
})
