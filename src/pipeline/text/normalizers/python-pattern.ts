import {classOf, readClass} from './python-pattern-class.js'
import {readEscape} from './python-pattern-escape.js'
import {type Flags, type Part, PatternError} from './python-pattern-part.js'

/**
 * Compiles a pattern of Python's `re` so that it finds what it finds there: `\w`, `\s`, `\d` and `\b` know all of
 * Unicode, `(?P<name>…)` names a group, `$` also stands before a last line break.
 *
 * @throws PatternError also for what JavaScript has no equal to: possessive quantifiers, atomic groups, conditions,
 * flags of a part, verbose patterns.
 */
export function compilePattern(pattern: string): RegExp {
  const [prefix = '', letters = ''] = /^\(\?([A-Za-z]+)\)/.exec(pattern) ?? []
  const unknown = [...letters].find(letter => !'aimsu'.includes(letter))
  if (unknown !== undefined) throw new PatternError(`the flag ${unknown} is not supported`)
  const flags: Flags = {
    ascii: letters.includes('a'),
    multiline: letters.includes('m'),
    dotAll: letters.includes('s'),
  }
  const source = translate(pattern.slice(prefix.length), flags)
  try {
    return new RegExp(source, letters.includes('i') ? 'giu' : 'gu')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    // V8 names its own form of the pattern; what follows the last colon is the reason.
    throw new PatternError(error.message.slice(error.message.lastIndexOf(': ') + 2).toLowerCase())
  }
}

/** A pattern that matches `text` as a whole word, with Python's idea of a word. */
export const compileWord = (text: string): RegExp =>
  new RegExp(`${boundary(false)}${Array.from(text, literal).join('')}${boundary(false)}`, 'gu')

function translate(pattern: string, flags: Flags): string {
  let source = ''
  for (let at = 0; at < pattern.length; ) {
    const part = readPart(pattern, at, flags)
    source += part.source
    at += part.length
  }
  return source
}

function readPart(pattern: string, at: number, flags: Flags): Part {
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  const part = (source: string, length = character.length): Part => ({source, length})
  switch (character) {
    case '\\':
      return readEscapeInPattern(pattern, at, flags)
    case '[':
      return readClass(pattern, at, flags)
    case '(':
      return readGroup(pattern, at)
    case ')':
    case '|':
      return part(character)
    case '.':
      return part(flags.dotAll ? '[\\s\\S]' : '[^\\n]')
    case '^':
      return part(flags.multiline ? '(?<![^\\n])' : '(?<![\\s\\S])')
    case '$':
      return part(flags.multiline ? '(?![^\\n])' : '(?=\\n?(?![\\s\\S]))')
    case '*':
    case '+':
    case '?':
    case '{':
      return readQuantifier(pattern, at)
    default:
      return part(literal(character))
  }
}

function readQuantifier(pattern: string, at: number): Part {
  const [whole = '', quantifier = '', low, comma, high, mode = ''] =
    /^([*+?]|\{(\d*)(,?)(\d*)\})([?+]?)/.exec(pattern.slice(at)) ?? []
  if (whole === '' || quantifier === '{}') return {source: '\\{', length: 1}
  if (mode === '+') throw new PatternError(`possessive quantifiers (${whole}) are not supported`)
  const counted = low === undefined ? quantifier : `{${low || 0}${comma}${high}}`
  return {source: counted + mode, length: whole.length}
}

function readGroup(pattern: string, at: number): Part {
  const rest = pattern.slice(at)
  const [named, name] = /^\(\?P<([\p{L}\p{Nl}_][\p{L}\p{N}\p{M}_]*)>/u.exec(rest) ?? []
  if (named !== undefined) return {source: `(?<${name}>`, length: named.length}
  const [again, referred] = /^\(\?P=([\p{L}\p{Nl}_][\p{L}\p{N}\p{M}_]*)\)/u.exec(rest) ?? []
  if (again !== undefined) return {source: `\\k<${referred}>`, length: again.length}
  const [comment] = /^\(\?#[^)]*\)/.exec(rest) ?? []
  // Empty groups part what stands on both sides, as a digit behind a group's number.
  if (comment !== undefined) return {source: '(?:)', length: comment.length}
  const [plain] = /^\(\?(?::|=|!|<=|<!)/.exec(rest) ?? []
  if (plain !== undefined) return {source: plain, length: plain.length}
  if (rest.startsWith('(?')) throw new PatternError(`${rest.slice(0, 4)}…) is not supported`)
  return {source: '(', length: 1}
}

function readEscapeInPattern(pattern: string, at: number, flags: Flags): Part {
  const letter = pattern.charAt(at + 1)
  const set = classOf(letter, flags.ascii)
  if (set !== undefined) return {source: set, length: 2}
  if (letter === 'b') return {source: boundary(flags.ascii), length: 2}
  if (letter === 'B') return {source: noBoundary(flags.ascii), length: 2}
  if (letter === 'A') return {source: '(?<![\\s\\S])', length: 2}
  if (letter === 'Z') return {source: '(?![\\s\\S])', length: 2}
  const {value, length} = readEscape(pattern, at)
  return {source: typeof value === 'number' ? `(?:\\${value})` : literal(value), length}
}

function boundary(ascii: boolean): string {
  const word = classOf('w', ascii) ?? ''
  return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
}

function noBoundary(ascii: boolean): string {
  const word = classOf('w', ascii) ?? ''
  return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`
}

const literal = (character: string): string =>
  /^[\p{L}\p{N} ]$/u.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
