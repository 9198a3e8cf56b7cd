import { computed, inject, nextTick, provide, reactive, ref, type InjectionKey } from 'vue'
import type { FieldError, Schemas } from '@/api/client'
import { continueFrom, draftOf, type Design, type FieldRow } from './model'
import { CODE, placeOf, troublesOf, type Trouble } from './troubles'

export const TABS = {
  basics: '基本信息',
  fields: '字段',
  rules: '规则',
  template: '模板预览',
  form: '填写预览',
  public: '公众所见',
  versions: '版本记录',
}
export type Tab = keyof typeof TABS

/** The dataset on the drawing board and what is wrong with it, shared by the parts of the designer. */
export function createDesigning(start: Design, isNew: boolean) {
  const design = reactive(start)
  const attempted = ref(false)
  const refused = ref<Trouble[]>([])
  const selected = ref(design.fields[0]?.uid)
  const sample = ref<Record<string, string>>({})
  const trial = ref<Schemas['DatasetTrial']>()
  const told = ref('') // read out by screen readers
  const draft = computed(() => draftOf(design))
  const text = computed(() => JSON.stringify(draft.value))
  const kept = ref(text.value)
  const own = computed(() => troublesOf(design, isNew))
  // A dataset without a name can be tried all the same.
  const blocking = computed(() => own.value.filter((trouble) => trouble.at !== 'name' && trouble.at !== 'code'))
  const triable = computed(() => ({
    ...draft.value,
    name: draft.value.name || '未命名',
    code: CODE.test(draft.value.code) ? draft.value.code : 'untitled',
  }))
  const troubles = computed(() => [...own.value, ...refused.value])
  const visible = computed(() => troubles.value.filter((trouble) => attempted.value || !trouble.blank))

  /** What is wrong at a place, in words; empty where nothing is. */
  const wrong = (at: string) =>
    visible.value
      .filter((trouble) => trouble.at === at)
      .map((trouble) => trouble.message)
      .join(' ')
  const wrongUnder = (at: string) => visible.value.filter((trouble) => trouble.at === at || trouble.at.startsWith(`${at}.`))
  /** The server's refusals, each at the field or rule it is about. */
  function refuse(errors: FieldError[]) {
    refused.value = errors.map((error) => ({ at: placeOf(error.field, design), message: error.message }))
  }
  const fieldOf = (uid: number | undefined): FieldRow | undefined => design.fields.find((field) => field.uid === uid)
  const titleOf = (field: FieldRow | undefined) => field?.label.trim() || field?.code.trim() || '未命名字段'
  return {
    design,
    isNew,
    attempted,
    refused,
    selected,
    sample,
    trial,
    told,
    draft,
    text,
    own,
    blocking,
    triable,
    troubles,
    visible,
    wrong,
    wrongUnder,
    refuse,
    fieldOf,
    titleOf,
    dirty: computed(() => text.value !== kept.value),
    keep: () => (kept.value = text.value),
    /** Puts back a design that was put aside, numbers of its fields and all. */
    restore(put: Design) {
      continueFrom(put)
      Object.assign(design, put)
      selected.value = design.fields[0]?.uid
    },
  }
}
export type Designing = ReturnType<typeof createDesigning>

const KEY: InjectionKey<Designing> = Symbol('designing')
export const provideDesigning = (designing: Designing) => provide(KEY, designing)
export function useDesigning(): Designing {
  const designing = inject(KEY)
  if (!designing) throw new Error('the designer provides it')
  return designing
}

export const tabOf = (at: string): Tab => {
  if (at.startsWith('field')) return 'fields'
  if (at.startsWith('rule')) return 'rules'
  return 'basics'
}
/** Focus after Vue has moved or made the element. */
export async function focusOn(id: string) {
  await nextTick()
  const element = document.getElementById(id)
  element?.focus()
  element?.scrollIntoView({ block: 'nearest' })
}
export const idOf = (at: string) => `at-${at.replaceAll('.', '-')}`
