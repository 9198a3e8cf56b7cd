import type { Schemas } from '@/api/client'
import type { ChartOption } from '@/components/StatChart.vue'
import { percent } from '@/lib/format'

// What is shown of figures: columns, chart and the exported table.

export type Shown = Omit<Schemas['Figure'], 'key'> & { sums?: boolean }
type Links = Schemas['LinkedFigures']['links']
export const COLUMNS: { what: 'reported' | 'by_hand' | 'stored' | 'rejected' | 'late' | 'revoked'; title: string; to: keyof Links }[] = [
  { what: 'reported', title: '上报量', to: 'uploads' },
  { what: 'by_hand', title: '手工录入', to: 'by_hand' },
  { what: 'stored', title: '入库量', to: 'stored' },
  { what: 'rejected', title: '退回', to: 'rejected' },
  { what: 'late', title: '迟报', to: 'late' },
  { what: 'revoked', title: '撤销', to: 'revoked' },
]
const BARS = [
  { what: 'stored', name: '入库', color: '#1456b0', stack: 'rows' },
  { what: 'rejected', name: '退回', color: '#c0272d', stack: 'rows' },
  { what: 'late', name: '迟报', color: '#e0a100' },
] as const
export const chartOf = (items: Schemas['Figure'][]): ChartOption => ({
  grid: { left: 8, right: 24, top: 36, bottom: 8, containLabel: true },
  legend: { top: 0 },
  xAxis: {
    type: 'category',
    data: items.map((item) => item.label),
    axisLabel: { width: 110, overflow: 'truncate', hideOverlap: true },
  },
  yAxis: { type: 'value', minInterval: 1 },
  series: BARS.map(({ what, color, ...bar }) => ({
    ...bar,
    type: 'bar',
    data: items.map((item) => item[what]),
    itemStyle: { color },
    barMaxWidth: 36,
  })),
})

/** For Excel: a cell that starts like a formula is text. */
export function csvOf(heading: string, rows: Shown[]): string {
  const lines = [
    [heading, '上报量', '其中手工录入', '入库量', '退回', '入库率', '合规率', '及时率', '迟报', '撤销'],
    ...rows.map((item) => [
      item.label,
      item.reported,
      item.by_hand,
      item.stored,
      item.rejected,
      percent(item.stored_rate),
      percent(item.qualified_rate),
      percent(item.on_time_rate),
      item.late,
      item.revoked,
    ]),
  ]
  const cell = (value: unknown) =>
    `"${String(value)
      .replace(/^([=+\-@\t\r])/, "'$1")
      .replaceAll('"', '""')}"`
  return lines.map((line) => line.map(cell).join(',')).join('\r\n')
}
