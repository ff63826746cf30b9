// What may be typed: the same rules as the services have, so that a fault shows while typing.

export const SYMBOL_CHARS_MAX = 16
export const USER_CHARS_MAX = 32
export const TEXT_BYTES_MAX = 4096

/** What is wrong with a symbol, as a sentence; none if it is good. */
export function symbolFault(symbol: string): string | null {
  if (!/^[A-Z]/.test(symbol)) return 'A symbol starts with a letter A to Z.'
  const odd = /[^A-Z0-9]/.exec(symbol)
  if (odd) return `“${odd[0]}” is not allowed in a symbol: only A to Z and 0 to 9.`
  if (symbol.length < 2) return 'A symbol must have at least 2 characters.'
  if (symbol.length > SYMBOL_CHARS_MAX) return `A symbol may have at most ${SYMBOL_CHARS_MAX} characters.`
  return null
}

/** What is wrong with a user's name. */
export function userFault(name: string): string | null {
  if (name === '') return 'A name must have at least 1 character.'
  const odd = /[^\p{Alphabetic}\p{Nd}\p{Nl}\p{No}_]/u.exec(name)
  if (odd) return `“${odd[0]}” is not allowed in a name: only letters, digits and _.`
  if ([...name].length > USER_CHARS_MAX) return `A name may have at most ${USER_CHARS_MAX} characters.`
  return null
}

/** What is wrong with a text to say. */
export function textFault(text: string): string | null {
  if (text.includes('\u{1f}')) return 'The unit separator (U+001F) is not allowed in a text.'
  const size = new TextEncoder().encode(text).length
  if (size > TEXT_BYTES_MAX) return `A text may be at most ${TEXT_BYTES_MAX} bytes long; this one is ${size}.`
  return null
}
