import {join} from 'node:path'
import {outputName, type PlannedJob} from '../inputs/plan.js'
import {writeAtomically} from './atomic-write.js'
import {digest} from './digest.js'
import type {Transcript} from './transcript.js'
import type {WriteOptions} from './writers/writer.js'
import {type OutputFormat, writers} from './writers.js'

export interface WrittenOutput {
  readonly format: OutputFormat
  /** Below the output folder, `/` between its parts. */
  readonly path: string
  readonly channel: string | undefined
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes all outputs of a job, of every channel, each whole or not at all.
 * @throws {LinguluError} OUTPUT_FAILED
 */
export async function writeOutputs(
  outputDir: string,
  {stem, formats}: PlannedJob,
  transcripts: readonly Transcript[],
  options: (transcript: Transcript) => WriteOptions = () => ({}),
  signal?: AbortSignal,
): Promise<readonly WrittenOutput[]> {
  const files = transcripts.flatMap(transcript => {
    const writeOptions = options(transcript)
    return formats.map(format => ({
      format,
      channel: transcript.channel,
      path: outputName(stem, format, transcript.channel),
      content: writers[format](transcript, writeOptions),
    }))
  })
  await writeAtomically(
    files.map(({path, content}) => ({path: join(outputDir, path), content})),
    signal,
  )
  return files.map(({content, ...file}) => ({...file, bytes: Buffer.byteLength(content), sha256: digest(content)}))
}
