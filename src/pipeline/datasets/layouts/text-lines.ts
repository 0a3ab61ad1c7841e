import {LONGEST_ROW_CHARACTERS, splitLines} from '../../inputs/parse-rows.js'
import {EncodingError, readText} from '../../inputs/read-text.js'
import type {DatasetProblem} from '../utterance.js'
import {problemAt} from './layout.js'

export interface TextLine {
  readonly line: number
  /** Without white space around it. */
  readonly content: string
}

/** The lines of a text file that are not blank. What cannot be read as text is a problem, and the last thing that comes. */
export async function* textLines(path: string, signal?: AbortSignal): AsyncGenerator<TextLine | DatasetProblem> {
  try {
    for await (const {line, content} of splitLines(readText(path, signal))) {
      if (content.length > LONGEST_ROW_CHARACTERS)
        yield problemAt(path, line, 'unreadable-row', 'longer than a line of a list can be')
      else if (content.trim() !== '') yield {line, content: content.trim()}
    }
  } catch (error) {
    yield readingProblem(path, error, signal)
  }
}

/** @throws the error, if it is not one of reading a file of text */
export function readingProblem(path: string, error: unknown, signal: AbortSignal | undefined): DatasetProblem {
  signal?.throwIfAborted()
  if (error instanceof EncodingError)
    return problemAt(path, error.line, 'unreadable-row', 'not UTF-8 text from here on')
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error
  return problemAt(path, undefined, 'unreadable-row', `cannot be read (${String(error.code)})`)
}

/** The first line that is not blank; undefined for what is no text file. */
export async function firstLine(path: string, signal?: AbortSignal): Promise<string | undefined> {
  for await (const line of textLines(path, signal)) return 'kind' in line ? undefined : line.content
  return undefined
}

/** `key rest of the line`, as most lists of Kaldi and LibriSpeech are. */
export function splitKey(content: string): {readonly key: string; readonly rest: string} {
  const [, key = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(content) ?? []
  return {key, rest}
}
