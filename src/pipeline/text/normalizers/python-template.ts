import {readEscape} from './python-pattern-escape.js'
import {PatternError} from './python-pattern-part.js'

/**
 * Compiles a replacement of Python's `re.sub`: `\1`, `\g<1>` and `\g<name>` stand for groups of `pattern`, `\n` and its
 * like for characters. A group that took no part in the match is empty.
 * @throws PatternError
 */
export function compileTemplate(template: string, pattern: RegExp): (...match: readonly unknown[]) => string {
  const {names, count} = groupsOf(pattern)
  const parts: (string | number)[] = []
  for (let at = 0; at < template.length; ) {
    const {value, length} = readPart(template, at)
    const group = typeof value === 'object' ? (names.get(value.name) ?? Number(value.name)) : value
    if (typeof group === 'number' && !(group <= count))
      throw new PatternError(`there is no group ${typeof value === 'object' ? value.name : group}`)
    parts.push(group)
    at += length
  }
  return (...match) => parts.map(part => (typeof part === 'number' ? (match[part] ?? '') : part)).join('')
}

/** A character, the number of a group, or what `\g<…>` names. */
interface TemplatePart {
  readonly value: string | number | {readonly name: string}
  readonly length: number
}

function readPart(template: string, at: number): TemplatePart {
  if (template[at] !== '\\') return {value: template.charAt(at), length: 1}
  if (template[at + 1] !== 'g') return readEscape(template, at)
  const [whole, name = ''] = /^\\g<([^>]+)>/.exec(template.slice(at)) ?? []
  if (whole === undefined) throw new PatternError('\\g needs the name of a group: \\g<name>')
  return {value: {name}, length: whole.length}
}

/** The groups of a translated pattern: all other parentheses in it are written as codes. */
function groupsOf({source}: RegExp): {readonly names: ReadonlyMap<string, number>; readonly count: number} {
  const groups = [...source.matchAll(/\\.|\((?:\?<([^=!>][^>]*)>|(?!\?))/gu)].filter(([whole]) => whole.startsWith('('))
  return {
    names: new Map(groups.flatMap(([, name], index) => (name === undefined ? [] : [[name, index + 1] as const]))),
    count: groups.length,
  }
}
