import { defineAsyncComponent } from 'vue'

/**
 * Element Plus's date picker in a file of its own, loaded where the first one is shown: it is a fifth of the library, and most lists
 * show one only under 更多. `<el-date-picker>` resolves to this (vite.config.ts).
 */
export default defineAsyncComponent(() => import('./datePickerItself'))
