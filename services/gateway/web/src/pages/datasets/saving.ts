import { useQueryClient } from '@tanstack/vue-query'
import { computed, ref, type ShallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { api, ApiError, data } from '@/api/client'
import type { Dataset } from '@/api/queries'
import { CATEGORIES, SUBJECTS } from '@/lib/format'
import { sayDone, said, sayProblem } from '@/lib/messages'
import type { Designing } from './designing'
import { differencesBetween } from './differences'
import { discardDraft } from './drafts'
import { tried, useSaved, type DatasetVersion } from './queries'
import { sampleOf } from './sample'
import type { Trouble } from './troubles'

interface Board {
  code: string | undefined
  base: ShallowRef<Dataset | undefined>
  designing: Designing
  /** What is asked by itself meanwhile. */
  trying: { stop: () => void }
  goTo: (trouble: Trouble) => Promise<void>
  /** Puts a definition on the board. */
  start: (definition: Dataset) => void
}

/** From 检查并保存 to a new version: what it would change is shown first, and settled where somebody else was quicker. */
export function useSaving({ code, base, designing, trying, goTo, start }: Board) {
  const { design, draft, own, attempted, refused, sample, trial } = designing
  const router = useRouter()
  const queries = useQueryClient()
  const saved = useSaved()
  const isNew = !code

  const reviewing = ref(false)
  const busy = ref(false)
  const problem = ref('')
  const others = ref<DatasetVersion[]>([])
  const renamed = computed(
    () =>
      new Map(
        design.fields.flatMap((field) =>
          field.stored && field.stored !== field.code.trim() ? [[field.code.trim(), field.stored] as const] : [],
        ),
      ),
  )
  const against = computed(() => others.value[0]?.definition ?? base.value)
  const difference = computed(() =>
    against.value ? differencesBetween(against.value, draft.value, renamed.value) : { changes: [], consequences: [] },
  )
  const summary = computed(() => {
    const open = draft.value.fields.filter((field) => field.visibility === 'public' || field.visibility === 'masked')
    const required = draft.value.fields.filter((field) => field.required)
    return [
      `名称“${draft.value.name}”，编码 ${draft.value.code}（以后不能修改），${CATEGORIES[draft.value.category]}，${SUBJECTS[draft.value.subject]}。`,
      `${draft.value.fields.length} 个字段，其中必填 ${required.length} 个；${draft.value.rules.length} 条规则。`,
      draft.value.departments === '*' ? '全部部门都可以上报。' : `${draft.value.departments.length} 个部门可以上报，其他部门看不到。`,
      open.length ? `公众能看到 ${open.length} 项：${open.map((field) => field.label).join('、')}。` : '这个数据集不公示。',
      '新建以后，模板立即可以下载，部门可以开始上报。',
    ]
  })

  async function review() {
    attempted.value = true
    problem.value = ''
    if (own.value.length) return void goTo(own.value[0]!)
    trying.stop()
    busy.value = true
    try {
      trial.value = await tried(draft.value, sampleOf(draft.value.fields, sample.value))
      refused.value = []
      reviewing.value = true
    } catch (error) {
      refusedBy(error)
    } finally {
      busy.value = false
    }
  }
  /** Says each refusal at its place, or as a message where it has none. */
  function refusedBy(error: unknown) {
    if (error instanceof ApiError && error.errors.length) {
      designing.refuse(error.errors)
      reviewing.value = false
      void goTo(refused.value[0]!)
    } else if (error instanceof ApiError && error.slug === 'dataset-exists') {
      refused.value = [{ at: 'code', message: error.message }]
      reviewing.value = false
      void goTo(refused.value[0]!)
    } else if (reviewing.value) problem.value = said(error)
    else sayProblem(error)
  }
  async function save() {
    trying.stop()
    busy.value = true
    problem.value = ''
    try {
      if (isNew) {
        const made = await data(api.POST('/api/v1/datasets', { body: draft.value }))
        done(made)
        sayDone(`已新建“${made.name}”，模板可以下载了。`)
        await router.replace(`/admin/datasets/${made.code}?tab=template`)
      } else if (base.value) {
        const params = { path: { code: base.value.code }, query: { based_on: base.value.version } }
        const made = await data(api.PUT('/api/v1/datasets/{code}', { params, body: draft.value }))
        done(made)
        sayDone(`已保存为第 ${made.version} 版。`)
      }
    } catch (error) {
      if (error instanceof ApiError && error.slug === 'dataset-changed') await meet()
      else refusedBy(error)
    } finally {
      busy.value = false
    }
  }
  function done(made: Dataset) {
    base.value = made
    for (const field of design.fields) field.stored = field.code.trim()
    designing.keep()
    discardDraft(code)
    attempted.value = reviewing.value = false
    others.value = []
    void saved()
  }
  /** Somebody else saved: their versions are fetched and shown beside what is typed here. */
  async function meet() {
    try {
      const answer = await data(api.GET('/api/v1/datasets/{code}/versions', { params: { path: { code: code ?? '' } } }))
      queries.setQueryData(['dataset-versions', code], answer.items)
      others.value = answer.items.filter((version) => version.version > (base.value?.version ?? 0))
      reviewing.value = true
    } catch (error) {
      problem.value = said(error)
    }
  }
  async function settle(mine: boolean) {
    const theirs = others.value[0]?.definition
    if (!theirs) return
    base.value = theirs
    others.value = []
    if (mine) return void (await save())
    start(theirs)
    designing.keep()
    discardDraft(code)
    reviewing.value = false
  }
  return { reviewing, busy, problem, others, against, difference, summary, review, save, settle }
}
