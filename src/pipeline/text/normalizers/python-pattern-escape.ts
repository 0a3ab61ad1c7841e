import {PatternError} from './python-pattern-part.js'

const CONTROLS: Readonly<Record<string, string>> = {
  a: '\x07',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const CODE = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/
const OCTAL = /^\\(?:(0[0-7]{0,2})|([0-3][0-7]{2}))/

/**
 * The escape of Python that stands at `at`: the character it means, or the number of a group.
 * @throws PatternError
 */
export function readEscape(text: string, at: number): {readonly value: string | number; readonly length: number} {
  const rest = text.slice(at, at + 10)
  const [octal, zero, three] = OCTAL.exec(rest) ?? []
  if (octal !== undefined)
    return {value: String.fromCharCode(Number.parseInt(zero ?? three ?? '', 8)), length: octal.length}
  const [group] = /^\\[1-9][0-9]?/.exec(rest) ?? []
  if (group !== undefined) return {value: Number(group.slice(1)), length: group.length}
  const [code, x, u, long] = CODE.exec(rest) ?? []
  const point = Number.parseInt(x ?? u ?? long ?? '', 16)
  if (code !== undefined && point <= 0x10ffff) return {value: String.fromCodePoint(point), length: code.length}
  if (rest.length < 2) throw new PatternError('a backslash at the end')
  const character = String.fromCodePoint(text.codePointAt(at + 1) ?? 0)
  const value = CONTROLS[character] ?? character
  if (value === character && /[A-Za-z]/.test(character)) throw new PatternError(`\\${character} means nothing`)
  return {value, length: 1 + character.length}
}
