import {readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Document {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
}

/** Everything users read, and the READMEs of the data they come across. */
export const documents: readonly Document[] = [
  'README.md',
  'NOTICE',
  ...readdirSync(new URL('docs', `file://${root}`))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
  'datasets/samples/README.md',
].map(path => ({path, text: readFileSync(new URL(path, `file://${root}`), 'utf8')}))

export interface CodeBlock {
  /** The file and the line it begins in. */
  readonly place: string
  readonly language: string
  /** What stands behind the language. */
  readonly note: string
  readonly code: string
}

/** The fenced blocks of a document. */
export function codeBlocks({path, text}: Document): CodeBlock[] {
  return [...text.matchAll(/^```(\w+)? ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ({1: language = '', 2: note = '', 3: code = '', index}) => ({
      place: `${path}:${text.slice(0, index).split('\n').length}`,
      language,
      note,
      code,
    }),
  )
}

/** A document without its fenced blocks. */
export const prose = ({text}: Document): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')
