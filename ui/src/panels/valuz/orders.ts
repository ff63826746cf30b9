// Which orders a batch has: what was typed or dropped, and what is wrong with it. Pure but for reading the file.

import { bytes, count } from '../../format'

export const COUNT_MAX = 4_000_000
export const WORKERS_MAX = 16
/** The largest file of orders, in bytes. */
export const FILE_MAX = 16 * 1024 * 1024

/** A file of orders, read. */
export interface OrdersFile {
  name: string
  csv: string
  byteCount: number
}

/** A whole number as people type it, with or without separators: `100,000`; none where it is not one. */
export function wholeNumber(text: string): number | null {
  const digits = text.trim().replace(/(?<=\d)[,_' ](?=\d)/g, '')
  if (!/^\d{1,16}$/.test(digits)) return null
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : null
}

/** What is wrong with a count of orders, as a sentence; none where nothing is. */
export function countFault(text: string): string | null {
  const number = wholeNumber(text)
  if (number !== null && number >= 1 && number <= COUNT_MAX) return null
  return `A whole number from 1 to ${count(COUNT_MAX)}.`
}

/** What is wrong with a seed, as a sentence; none where nothing is. */
export function seedFault(text: string): string | null {
  return wholeNumber(text) === null ? `A whole number from 0 to ${count(Number.MAX_SAFE_INTEGER)}.` : null
}

/** What is wrong with a file before it is read, as a sentence; none where nothing is. */
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
    throw new Error(`${file.name} is not a text in UTF-8.`)
  }
}
