import {Tensor} from 'onnxruntime-node'
import {CtcOptions} from '../../../../src/pipeline/models/ctc/options.js'
import {openCtcRecognizer} from '../../../../src/pipeline/models/ctc/recognizer.js'
import type {CtcFolder} from '../../../../src/pipeline/models/model-folder.js'
import type {FrameStore, PreparedRecording, RecognitionEvent} from '../../../../src/pipeline/models/recognizer.js'
import type {Session, TensorInfo} from '../../../../src/pipeline/runtime/session.js'
import type {Segment, Transcript} from '../../../../src/pipeline/transcripts/transcript.js'

export function memoryStore(values: Float32Array, width = 1): FrameStore {
  const frames = values.length / width
  return {
    frames,
    width,
    read(start, count) {
      const part = new Float32Array(count * width)
      const first = Math.max(0, start)
      part.set(values.subarray(first * width, Math.min(frames, start + count) * width), (first - start) * width)
      return part
    },
    close: async () => {},
  }
}

/** Samples per output frame of the stub, and samples a frame needs to its end: like wav2vec2's 320 and 400, smaller. */
export const RATIO = 160
export const RECEPTIVE = 200

/**
 * A waveform that the stub model hears as these tokens, one a frame: every frame's first sample carries its token, the
 * second its certainty.
 */
export function saying(tokens: readonly number[], certainty = 8): PreparedRecording {
  const samples = new Float32Array((tokens.length - 1) * RATIO + RECEPTIVE)
  for (const [frame, token] of tokens.entries()) {
    samples[frame * RATIO] = token / 64
    samples[frame * RATIO + 1] = certainty / 64
  }
  return {durationSeconds: samples.length / 16_000, features: memoryStore(samples)}
}

export interface StubCalls {
  /** Samples of each call. */
  readonly lengths: number[]
  closed: boolean
}

/** A session whose logits favour the token that a frame carries. Frames at the edges of a call are not as sure. */
export function stubSession(
  size: number,
  {
    inputs = {input_values: {type: 'float32', shape: ['batch', 'samples']}},
    outputs = {logits: {type: 'float32', shape: ['batch', 'frames', size]}},
    value = (logit: number) => logit,
  }: {
    readonly inputs?: Readonly<Record<string, TensorInfo>>
    readonly outputs?: Readonly<Record<string, TensorInfo>>
    readonly value?: (logit: number) => number
  } = {},
): Session & {readonly calls: StubCalls} {
  const calls: StubCalls = {lengths: [], closed: false}
  return {
    calls,
    path: 'stub.onnx',
    provider: 'cpu',
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    async run(feeds, [output = '']) {
      const samples = feeds[Object.keys(inputs)[0] as string]!.data as Float32Array
      calls.lengths.push(samples.length)
      const frames = Math.floor((samples.length - RECEPTIVE) / RATIO) + 1
      const logits = new Float32Array(frames * size)
      for (let t = 0; t < frames; t++) {
        const edge = Math.min(t, frames - 1 - t) < 5 ? 0.5 : 1
        const token = Math.round(samples[t * RATIO]! * 64)
        logits[t * size + token] = value(samples[t * RATIO + 1]! * 64 * edge)
      }
      return {[output]: new Tensor('float32', logits, [1, frames, size])}
    },
    close: async () => {
      calls.closed = true
    },
  }
}

export function folderOf(vocabulary: readonly string[], changes: Partial<CtcFolder> = {}): CtcFolder {
  return {
    kind: 'ctc',
    path: 'stub',
    name: 'stub',
    precision: 'fp32',
    hash: 'hash',
    model: 'stub.onnx',
    vocabulary,
    blank: 0,
    wordDelimiter: vocabulary.includes('|') ? '|' : undefined,
    special: new Set([0]),
    features: {kind: 'waveform', normalize: false},
    stride: RATIO,
    languageModel: undefined,
    languageModelWeights: {},
    labelPriors: undefined,
    phones: [],
    lexicon: undefined,
    ...changes,
  }
}

export interface Recognized {
  readonly events: readonly RecognitionEvent[]
  readonly transcript: Transcript
  readonly segments: readonly Segment[]
  readonly warnings: readonly string[]
}

/** Everything that recognising a recording gives. */
export async function recognize(
  folder: CtcFolder,
  session: Session,
  recording: PreparedRecording,
  options: Partial<CtcOptions> = {},
): Promise<Recognized> {
  const recognizer = await openCtcRecognizer(folder, async () => session, {provider: 'cpu'})
  const events: RecognitionEvent[] = []
  for await (const event of recognizer.recognize(recording, CtcOptions.parse(options), {})) events.push(event)
  const done = events.at(-1)
  if (done?.type !== 'done') throw new Error('The last event is not done')
  return {
    events,
    transcript: done.transcript,
    segments: events.flatMap(event => (event.type === 'segment' ? [event.segment] : [])),
    warnings: events.flatMap(event => (event.type === 'warning' ? [event.message] : [])),
  }
}
