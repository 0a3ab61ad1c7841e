import {visibleText} from './visible-text.js'

/** Text for an element or an attribute of HTML or XML 1.0; a quoted attribute cannot be left. Always one line. */
export function escapeMarkup(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, entity)
}

/**
 * Text for a Markdown paragraph, list or table cell that shows as it is: no markup, no HTML, no links, no cell's end, and on
 * GitHub no mention of a person or an issue. Always one line.
 */
export function escapeMarkdown(text: string): string {
  return (
    escapeSigns(visibleText(text))
      // At the beginning these make a list, and so does a full stop after a number.
      .replace(/^\s*[-+](?=[\s-]|$)|(?<=^\s*\d+)[.)](?=\s|$)/, sign => sign.slice(0, -1) + entity(sign.slice(-1)))
      // GitHub looks for people, issues and emoji in what is shown, where entities are characters; it drops the comment later.
      .replaceAll(/(&#(?:64|35|58);)(?=[\w+-])/g, '$1<!-- -->')
  )
}

/** What makes markup or a link, wherever it stands. The time of a day stays: no link or emoji is written `12:30`. */
const escapeSigns = (text: string): string =>
  text
    .replaceAll(/[!-/:-@[-`{-~]/g, sign => (HARMLESS.has(sign) ? sign : entity(sign)))
    .replaceAll(/:(?=[\w+/-])(?!(?<=\d:)\d\d(?!\w))/g, entity)
    .replaceAll(/(?<=\bwww)\./gi, entity)

/** Text for a Markdown code span, also inside of a table. Always one line; nothing becomes `(empty)`. */
export function markdownCode(text: string): string {
  const shown = visibleText(text)
  if (shown === '') return '(empty)'
  // A code span takes everything as it is, but cannot hold these everywhere; and it drops spaces at its ends.
  if (!/[`|]|^ | $/.test(shown)) return `\`${shown}\``
  return `<code>${escapeSigns(shown).replaceAll(/^ | $/g, entity)}</code>`
}

/** A block of code. Its fence is longer than any run of backticks in it. */
export function markdownFence(lines: string, language = ''): string {
  const runs = [...lines.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(3, ...runs.map(length => length + 1)))
  return `${fence}${language}\n${lines}\n${fence}`
}

/** A relative path as a URL: `/` stays, all else that is no letter, digit or `-._~` is percent-encoded. */
export function pathUrl(path: string): string {
  return path
    .replaceAll(/\p{Cs}/gu, '\uFFFD')
    .split('/')
    .map(encodePart)
    .join('/')
}

const encodePart = (part: string): string =>
  encodeURIComponent(part).replaceAll(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const HARMLESS: ReadonlySet<string> = new Set([...`'"(),-./:+;?%=`])

const entity = (sign: string): string => NAMED[sign] ?? `&#${sign.charCodeAt(0)};`

const NAMED: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'}
