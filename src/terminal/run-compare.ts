import {stat} from 'node:fs/promises'
import {resolve} from 'node:path'
import {compare} from '../pipeline/compare.js'
import type {ComparisonDocument} from '../pipeline/comparison/comparison-document.js'
import {LinguluError} from '../pipeline/errors.js'
import {comparisonMarkdown} from '../pipeline/reports/comparison-markdown.js'
import {writeAtomically} from '../pipeline/transcripts/atomic-write.js'
import {formatComparison} from './format-comparison.js'

interface CompareFlags {
  readonly changed: number
  readonly markdown?: string | undefined
  readonly force: boolean
}

/** Compares, prints it, and writes the Markdown file where one was asked for. */
export async function runCompare(
  files: readonly string[],
  {changed, markdown, force}: CompareFlags,
  print: (text: string) => void,
): Promise<ComparisonDocument> {
  if (markdown !== undefined) await checkTarget(markdown, files, force)
  const document = await compare(files, {changed})
  if (markdown !== undefined) await writeAtomically([{path: markdown, content: comparisonMarkdown(document)}])
  print(formatComparison(document))
  return document
}

async function checkTarget(path: string, files: readonly string[], force: boolean): Promise<void> {
  if (files.some(file => resolve(file) === resolve(path)))
    throw new LinguluError('USAGE', `--markdown ${path} is a report that is compared: it cannot be written over.`)
  const there = await stat(path).catch(() => undefined)
  if (there !== undefined && !force)
    throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {
      hint: 'Choose another name, or write over it with --force.',
    })
}
