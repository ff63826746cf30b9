// How numbers and times are written: always the same width for the same kind, and never by the browser's language,
// which may be one that `Intl` does not know ("C").

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** A number of things: `63,120`. */
export function count(value: number): string {
  return whole.format(value)
}

const few = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })

/** Any number, whole or not: `63,120`, `0.2503`; large ones without decimals. */
export function figure(value: number): string {
  return (Number.isInteger(value) || Math.abs(value) >= 1000 ? whole : few).format(value).replace('-', '−')
}

/** A price, with three decimals: `41.823`. */
export function price(value: number): string {
  return value.toFixed(3)
}

/** An amount of money, with a real minus sign: `−352,114.07`. */
export function amount(value: number): string {
  return cents.format(value).replace('-', '−')
}

/** A change in percent with its arrow, so that it is not shown by colour alone: `▲ 0.10 %`. */
export function change(percent: number): string {
  const size = Math.abs(percent).toFixed(2)
  if (size === '0.00') return `● ${size} %`
  return `${percent > 0 ? '▲' : '▼'} ${size} %`
}

/** Which way a change goes, as it is shown. */
export function changeSign(percent: number): 'up' | 'down' | 'flat' {
  if (Math.abs(percent).toFixed(2) === '0.00') return 'flat'
  return percent > 0 ? 'up' : 'down'
}

/** A rate: `0.4/s`, `41/s`, `41.2 k/s`, `1.20 M/s`. */
export function rate(perSecond: number): string {
  if (perSecond >= 999_950) return `${(perSecond / 1e6).toFixed(2)} M/s`
  if (perSecond >= 9_999.5) return `${(perSecond / 1e3).toFixed(1)} k/s`
  if (perSecond >= 999.5) return `${whole.format(perSecond)}/s`
  if (perSecond > 0 && perSecond < 9.95 && !Number.isInteger(perSecond)) return `${perSecond.toFixed(1)}/s`
  return `${Math.round(perSecond)}/s`
}

/** A size in memory: `640 B`, `12.4 KiB`, `38.1 MiB`. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} KiB`
  return `${(value / (1024 * 1024)).toFixed(1)} MiB`
}

/** A length of time: `120 ms`, `1.2 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  const time = Math.max(0, ms)
  if (time < 1000) return `${Math.round(time)} ms`
  if (time < 59_950) return `${(time / 1000).toFixed(1)} s`
  const seconds = Math.round(time / 1000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

/** The time of a day, here: `14:03:07`. */
export function clock(timeMs: number): string {
  const time = new Date(timeMs)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A day, in UTC as the history has it: `1 Jan 2000`. */
export function day(timeMs: number): string {
  const time = new Date(timeMs)
  return `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`
}

/** The time of a day to the millisecond, here: `14:03:07.120`. */
export function clockMs(timeMs: number): string {
  return `${clock(timeMs)}.${String(new Date(timeMs).getMilliseconds()).padStart(3, '0')}`
}

/** A number with its noun: `1 worker`, `2 workers`. */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}
