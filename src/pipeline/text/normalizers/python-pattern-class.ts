import {DIGIT, SPACE, WORD} from './python-characters.js'
import {readEscape} from './python-pattern-escape.js'
import {type Flags, type Part, PatternError} from './python-pattern-part.js'

const UNICODE: Readonly<Record<string, string>> = {w: WORD, s: SPACE, d: DIGIT}
const ASCII: Readonly<Record<string, string>> = {w: 'A-Za-z0-9_', s: '\\t-\\r\\x20', d: '0-9'}

/** What `\w`, `\W`, `\s`, `\S`, `\d` and `\D` stand for. */
export function classOf(letter: string, ascii: boolean): string | undefined {
  const members = (ascii ? ASCII : UNICODE)[letter.toLowerCase()]
  if (members === undefined) return undefined
  return letter === letter.toLowerCase() ? `[${members}]` : `[^${members}]`
}

/** The `[…]` that starts at `start`. @throws PatternError */
export function readClass(pattern: string, start: number, {ascii}: Flags): Part {
  const negated = pattern[start + 1] === '^'
  const first = start + (negated ? 2 : 1)
  let members = ''
  const complements: string[] = []
  let at = first
  // A bracket in the first place is a member.
  while (pattern[at] !== ']' || at === first) {
    if (at >= pattern.length) throw new PatternError('[ without its ]')
    const low = readMember(pattern, at, ascii)
    at += low.length
    const ranges = pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']'
    if (!ranges) {
      if (low.source.startsWith('[^')) complements.push(low.source)
      else members += low.set ? low.source.slice(1, -1) : low.source
      continue
    }
    const high = readMember(pattern, at + 1, ascii)
    if (low.set || high.set) throw new PatternError(`bad range ${pattern.slice(at - low.length, at + 1 + high.length)}`)
    members += `${low.source}-${high.source}`
    at += 1 + high.length
  }
  return {source: joinMembers(members, complements, negated), length: at + 1 - start}
}

/** A class cannot hold another that is negated, as `\W`: those become alternatives. */
function joinMembers(members: string, complements: readonly string[], negated: boolean): string {
  if (complements.length === 0) return `[${negated ? '^' : ''}${members}]`
  const alternatives = [...(members === '' ? [] : [`[${members}]`]), ...complements].join('|')
  return negated ? `(?:(?!${alternatives})[\\s\\S])` : `(?:${alternatives})`
}

function readMember(pattern: string, at: number, ascii: boolean): Part & {readonly set: boolean} {
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  if (character !== '\\') return {source: member(character), length: character.length, set: false}
  const letter = pattern.charAt(at + 1)
  const set = classOf(letter, ascii)
  if (set !== undefined) return {source: set, length: 2, set: true}
  if (letter === 'b') return {source: '\\x08', length: 2, set: false}
  const {value, length} = readEscape(pattern, at)
  if (typeof value === 'number') throw new PatternError(`\\${value} in […]`)
  return {source: member(value), length, set: false}
}

const member = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
