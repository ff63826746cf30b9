// The orders of a batch: a count and a seed, or a file, and what is wrong with them. Pure but for reading the file.

import { bytes, count, plural } from '../../format'
import type { RecommendedCount } from '../../generated/RecommendedCount'
import type { ValuationName } from '../../generated/ValuationName'
import type { ValuzView } from '../../generated/ValuzView'

/** Orders of a batch if dealz recommends no number. */
const DEFAULT_COUNT = 100_000
export const WORKERS_MAX = 16
/** The largest file of orders, in bytes. */
export const FILE_MAX = 16 * 1024 * 1024

/** A file of orders, read. */
export interface OrdersFile {
  name: string
  csv: string
  byteCount: number
}

/** A whole number as people type it, with or without separators: `100,000`; none if it is not one. */
export function wholeNumber(text: string): number | null {
  const digits = text.trim().replace(/(?<=\d)[,_' ](?=\d)/g, '')
  if (!/^\d{1,16}$/.test(digits)) return null
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : null
}

/** What is wrong with a count of orders, as a sentence; none if it is good. */
export function countFault(text: string, max: number): string | null {
  const number = wholeNumber(text)
  if (number !== null && number >= 1 && number <= max) return null
  return `A whole number from 1 to ${count(max)}.`
}

/** What is wrong with a seed, as a sentence; none if it is good. */
export function seedFault(text: string): string | null {
  return wholeNumber(text) === null ? `A whole number from 0 to ${count(Number.MAX_SAFE_INTEGER)}.` : null
}

/** What is wrong with a file before it is read, as a sentence; none if it is good. */
export function fileFault(file: { name: string; size: number }): string | null {
  if (file.size === 0) return `${file.name} is empty.`
  if (file.size > FILE_MAX) return `${file.name} has ${bytes(file.size)}: at most ${bytes(FILE_MAX)}.`
  return null
}

/** Reads a file of orders. Rejects with a sentence. */
export async function readOrders(file: File): Promise<OrdersFile> {
  const fault = fileFault(file)
  if (fault !== null) throw new Error(fault)
  try {
    const csv = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    return { name: file.name, csv, byteCount: file.size }
  } catch {
    throw new Error(`${file.name} is not text in UTF-8.`)
  }
}

/** How many orders make a batch of about ten seconds, by what dealz measured or knows. */
export function recommendedCount(valuz: ValuzView, valuation: ValuationName): number {
  return recommendation(valuz, valuation)?.count ?? DEFAULT_COUNT
}

/** How long that batch takes, in words; nothing while it is not known. */
export function recommendedTime(valuz: ValuzView, valuation: ValuationName): string {
  const timeMs = recommendation(valuz, valuation)?.timeMs
  if (timeMs === undefined) return ''
  const seconds = Math.max(1, Math.round(timeMs / 1000))
  return `About ${plural(seconds, 'second')} of work.`
}

function recommendation(valuz: ValuzView, valuation: ValuationName): RecommendedCount | undefined {
  return valuz.recommended.find((one) => one.valuation === valuation)
}
