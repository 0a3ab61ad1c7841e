/**
 * Makes configs/spellings-english.json of VarCon's varcon.txt: `npx tsx make-spellings.ts varcon.txt > spellings-english.json`.
 * README.md beside it says which words are taken.
 */
import {readFileSync} from 'node:fs'

interface Spelling {
  readonly word: string
  /** Such as `A`, `Bv`: who spells it so, and how often. */
  readonly tags: readonly string[]
}

/** Of SCOWL: 50 is common, 70 what a dictionary has. Of the rarer words only those that somebody checked are taken. */
const COMMON_LEVEL = 50
const RAREST_LEVEL = 70
/** Names, in the lower case in which texts are compared, and slips of the list. */
const LEFT_OUT = new Set(['amir', 'caesar', 'chile', 'gage', 'neglig', 'negligs', 'pourer', 'pourers', 'shat', 'wigeons'])
const PREFERRED = /^[A_]$/
const TAKEN = /^(?:[BZCD][.v]?|A[.vV]|_[.v])$/
const PLAIN_WORD = /^[a-z]{3,}$/

function readLines(path: string): Spelling[][] {
  let taken = false
  const lines: Spelling[][] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const level = /^# .*\(level (\d+)\)/.exec(line)?.[1]
    if (level !== undefined) taken = Number(level) <= (line.includes('<verified>') ? RAREST_LEVEL : COMMON_LEVEL)
    else if (taken && !line.startsWith('#') && line.includes(':') && !line.includes('(-)')) lines.push(readSpellings(line))
  }
  return lines
}

function readSpellings(line: string): Spelling[] {
  const [entries = ''] = line.split(/ [|#]/, 1)
  return entries.split(' / ').map(entry => {
    const [tags = '', word = ''] = entry.split(': ')
    return {word: word.trim(), tags: tags.trim().split(' ')}
  })
}

const has = ({tags}: Spelling, tag: RegExp): boolean => tags.some(each => tag.test(each))

const lines = readLines(process.argv[2] ?? '')
const american = new Set(lines.flat().filter(each => has(each, PREFERRED)).map(({word}) => word))
const found = new Map<string, Set<string>>()
for (const spellings of lines) {
  const target = spellings.find(each => has(each, PREFERRED))?.word ?? ''
  for (const spelling of spellings) {
    const {word} = spelling
    if (!has(spelling, TAKEN) || american.has(word) || LEFT_OUT.has(word)) continue
    if (PLAIN_WORD.test(word) && PLAIN_WORD.test(target)) found.set(word, (found.get(word) ?? new Set()).add(target))
  }
}
const pairs = [...found].flatMap(([word, targets]) => (targets.size === 1 ? [...targets].map(target => [word, target]) : []))
const sorted = pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
process.stdout.write(`${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
