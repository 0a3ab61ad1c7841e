import type {CtcFolder} from '../../../src/pipeline/models/model-folder.js'
import {type PoolOptions, WorkerPool} from '../../../src/pipeline/runtime/pool.js'
import type {JobEvent, JobInput} from '../../../src/pipeline/runtime/protocol.js'
import type {StubOptions} from '../../fixtures/runtime/stub-recognizer.js'

const STUB = new URL('../../fixtures/runtime/stub-recognizer.ts', import.meta.url)

/** A model folder that the stub recognizer takes; nothing of it exists. */
export const stubFolder: CtcFolder = {
  kind: 'ctc',
  path: 'stub',
  name: 'stub',
  precision: 'fp32',
  hash: '0',
  model: 'stub.onnx',
  vocabulary: [],
  blank: 0,
  wordDelimiter: undefined,
  special: new Set(),
  features: {kind: 'waveform', normalize: false},
  stride: undefined,
  languageModel: undefined,
  languageModelWeights: {},
  labelPriors: undefined,
  phones: [],
  lexicon: undefined,
}

export function openStubPool(options: Partial<PoolOptions> = {}): Promise<WorkerPool> {
  return WorkerPool.open({
    folder: stubFolder,
    factory: STUB,
    sessions: [{provider: 'cpu', threads: 1}],
    slots: 2,
    ...options,
  })
}

/** A second of a constant; the stub's transcript then tells the sum. */
export function stubJob(name: string, options: StubOptions = {}, samples = new Float32Array(16_000).fill(1)): JobInput {
  return {audio: {type: 'samples', name, samples}, prepare: {channel: 'mix'}, options}
}

export async function eventsOf(run: AsyncIterable<JobEvent>): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of run) events.push(event)
  return events
}

interface StubReport {
  readonly pid: number
  readonly rssBytes: number
  /** Most recordings at once so far. */
  readonly most: number
  readonly frames: number
  readonly sum: number
}

/** What the stub says in the transcript of a finished job. */
export function saidBy(events: readonly JobEvent[]): StubReport {
  const last = events.at(-1)
  if (last?.type !== 'done') throw new Error(`not done: ${JSON.stringify(last)}`)
  return JSON.parse(last.transcripts[0]?.text ?? '')
}
