import {setTimeout as sleep} from 'node:timers/promises'
import {fingerprintInput} from '../../../src/pipeline/inputs/fingerprint.js'
import {listInputs} from '../../../src/pipeline/inputs/list-inputs.js'
import type {PlannedJob} from '../../../src/pipeline/inputs/plan.js'
import type {JournalIdentity} from '../../../src/pipeline/transcripts/journal-record.js'
import {type OutputRunOptions, startOutputRun} from '../../../src/pipeline/transcripts/output-run.js'
import type {TranscribedRecord} from '../../../src/pipeline/transcripts/results.js'
import {failedRecord, transcribedRecord} from '../../../src/pipeline/transcripts/summarize.js'
import type {Transcript} from '../../../src/pipeline/transcripts/transcript.js'
import {writeOutputs} from '../../../src/pipeline/transcripts/write-outputs.js'
import {randomTranscript} from './random-transcript.js'

export const identity: JournalIdentity = {
  version: '0.1.0',
  model: {name: 'fake', hash: 'abc', precision: 'fp32'},
  options: {beamSize: 5, temperatures: [0, 0.2]},
}

export interface FakeBatch extends Partial<OutputRunOptions> {
  readonly inputs: readonly string[]
  readonly outputDir: string
  /** Called when a file begins to be "decoded". */
  readonly onDecode?: (name: string) => void | Promise<void>
  /** Called before each step that changes the disk. */
  readonly onStep?: () => void | Promise<void>
  readonly decodeMilliseconds?: number
  readonly concurrency?: number
}

/** What `transcribe` does with files, around a model that takes the text from the size of the file. */
export async function runFakeBatch({
  inputs,
  onDecode,
  onStep,
  concurrency = 1,
  decodeMilliseconds = 0,
  ...batch
}: FakeBatch) {
  const {items} = await listInputs(inputs)
  const run = await startOutputRun(items, {
    formats: ['txt', 'srt', 'json'],
    onExists: 'error',
    outputName: 'stem',
    resume: false,
    identity,
    ...batch,
  })
  const results: TranscribedRecord[] = []
  const remaining = run.plan.jobs.values()
  const work = async () => {
    for (const job of remaining) {
      if (job.action === 'skip') continue
      results.push(...(job.action === 'done' ? await run.results(job) : await decode(job)))
    }
  }

  async function decode(job: PlannedJob): Promise<TranscribedRecord[]> {
    const input = await fingerprintInput(job.item.path)
    await onDecode?.(job.item.name)
    if (decodeMilliseconds > 0) await sleep(decodeMilliseconds)
    if (job.item.name.includes('bad')) {
      await run.failed(job, failedRecord(job.item.name, new Error('bad')).error)
      return []
    }
    const transcript = fakeTranscript(input?.bytes ?? 0)
    await onStep?.()
    const outputs = await writeOutputs(run.plan.outputDir, job, [transcript])
    await onStep?.()
    const result = transcribedRecord(transcript, {
      audio: job.item.name,
      warnings: [],
      outputs: outputs.map(({format, path}) => ({format, path})),
      model: {...identity.model, provider: 'cpu'},
      options: identity.options,
      timings: {wallSeconds: 1},
    })
    await run.done(job, {
      input,
      results: [result],
      outputs: outputs.map(({path, bytes, sha256}) => ({path, bytes, sha256})),
    })
    await onStep?.()
    return [result]
  }

  try {
    await Promise.all(Array.from({length: concurrency}, work))
    return {plan: run.plan, results}
  } finally {
    await run.close()
  }
}

const fakeTranscript = (seed: number): Transcript => randomTranscript(seed, seed % 2 === 0)
