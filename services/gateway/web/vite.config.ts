import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { compression, defineAlgorithm } from 'vite-plugin-compression2'
import { defineConfig } from 'vitest/config'

const UI = /node_modules[\\/](element-plus|@element-plus|@ctrl|@floating-ui|@popperjs|@sxzz|@vueuse|async-validator|dayjs|lodash)/
const DATES = /node_modules[\\/](dayjs|element-plus[\\/]es[\\/]components[\\/](date-picker|date-picker-panel|time-picker|time-select|calendar))[\\/]/
/** lib/datePicker.ts loads it when one is shown. */
const lazyDatePicker = (name: string) => (name === 'ElDatePicker' ? { from: '@/lib/datePicker' } : undefined)

export default defineConfig({
  plugins: [
    vue(),
    Components({ dts: 'src/components.d.ts', dirs: ['src/components'], resolvers: [lazyDatePicker, ElementPlusResolver({ importStyle: 'css' })] }),
    compression({ include: /\.(js|css|html|svg|json)$/, threshold: 1024, algorithms: [defineAlgorithm('brotliCompress', {}), defineAlgorithm('gzip', { level: 9 })] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: ['chrome87', 'edge88', 'firefox88'], // 360 极速模式 and older extranet browsers
    assetsInlineLimit: 0, // no data: assets of our own
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: { output: { codeSplitting: { groups: [
      { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|pinia|@tanstack|openapi-fetch)[\\/]/, priority: 3 },
      { name: 'echarts', test: /node_modules[\\/](echarts|zrender|vue-echarts)[\\/]/, priority: 2 },
      // The date picker and what it alone needs: last in rank, so that what others need too stays with them.
      { name: 'dates', test: DATES, priority: 0 },
      { name: 'ui', test: (id) => UI.test(id) && !DATES.test(id), priority: 1, minShareCount: 3 },
    ] } } },
  },
  server: { host: '127.0.0.1', proxy: { '/api': process.env.API_URL ?? 'http://127.0.0.1:8080' } },
  preview: { host: '127.0.0.1', proxy: { '/api': process.env.API_URL ?? 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', css: false, server: { deps: { inline: ['element-plus'] } } },
})
