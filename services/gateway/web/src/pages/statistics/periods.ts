import { monthOf, today } from '@/lib/format'

const year = Number(today().slice(0, 4))
const quarter = Math.floor((Number(today().slice(5, 7)) - 1) / 3)
/** The spans of time one asks for most; none ends after today. */
export const PERIODS = [
  { title: '本月', ...monthOf(today()) },
  { title: '上月', ...monthOf(today(), -1) },
  {
    title: '本季度',
    from: monthOf(`${year}-01-01`, quarter * 3).from,
    to: monthOf(`${year}-01-01`, quarter * 3 + 2).to,
  },
  { title: '本年', from: `${year}-01-01`, to: `${year}-12-31` },
  { title: '去年', from: `${year - 1}-01-01`, to: `${year - 1}-12-31` },
].map((each) => ({ ...each, to: each.to > today() ? today() : each.to }))
