import { ElMessage, ElMessageBox } from 'element-plus'
import { h } from 'vue'
import 'element-plus/es/components/message-box/style/css'
import 'element-plus/es/components/message/style/css'
import { ApiError } from '@/api/client'
import { said } from './said'

export { said }

export const sayDone = (message: string) => ElMessage({ type: 'success', message, duration: 4000, showClose: true })
/** What went wrong, in the server's words; stays until it is closed. The end of a session has its own dialog. */
export function sayProblem(error: unknown) {
  if (error instanceof ApiError && error.status === 401) return
  ElMessage({ type: 'error', message: said(error), duration: 0, showClose: true })
}

/** What of many was refused, one a line. */
export const sayRefused = (title: string, refused: string[]) =>
  ElMessageBox.alert(
    h(
      'ul',
      { class: 'refused' },
      refused.map((line) => h('li', line)),
    ),
    title,
    { type: 'warning', confirmButtonText: '知道了' },
  ).catch(() => undefined)

/** True when the person said yes; false on 取消, Esc or the cross. */
export const confirmed = (message: string, title: string, yes: string, type: 'warning' | 'info' = 'warning') =>
  ElMessageBox.confirm(message, title, { type, confirmButtonText: yes, cancelButtonText: '取消', closeOnClickModal: false }).then(
    () => true,
    () => false,
  )

/**
 * Asks for the reason (not blank) and does `act` before the dialog closes: where it fails, that is said beside the reason,
 * which is still there. False when the person went back.
 */
export const doWithReason = (message: string, title: string, yes: string, placeholder: string, act: (reason: string) => Promise<unknown>) =>
  ElMessageBox.prompt(message, title, {
    inputType: 'textarea',
    inputPlaceholder: placeholder,
    confirmButtonText: yes,
    cancelButtonText: '取消',
    closeOnClickModal: false,
    inputValidator: (value: string) => !!value?.trim() || placeholder,
    beforeClose: (action, box, close) => {
      if (action !== 'confirm') return box.confirmButtonLoading ? undefined : close()
      box.confirmButtonLoading = true
      void act(box.inputValue.trim())
        .then(close, (failure: unknown) => {
          box.editorErrorMessage = said(failure)
          box.validateError = true
        })
        .finally(() => (box.confirmButtonLoading = false))
    },
  }).then(
    () => true,
    () => false,
  )
