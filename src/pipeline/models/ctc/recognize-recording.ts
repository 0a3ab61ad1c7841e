import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import {frameWindow} from '../../decoding/ctc/frame-window.js'
import {greedyDecoder} from '../../decoding/ctc/greedy.js'
import {jointDecoder} from '../../decoding/ctc/joint-decoder.js'
import type {BothHeads, JointSearch} from '../../decoding/ctc/joint-search.js'
import {withoutPriors} from '../../decoding/ctc/label-priors.js'
import {prefixBeamDecoder} from '../../decoding/ctc/prefix-beam.js'
import type {TokenSpan} from '../../decoding/ctc/token-span.js'
import type {CtcVocabulary} from '../../decoding/ctc/vocabulary.js'
import type {WordFusion} from '../../decoding/ctc/word-fusion.js'
import {atTempo} from '../../features/at-tempo.js'
import {findSuspects} from '../../transcripts/suspects.js'
import type {Segment} from '../../transcripts/transcript.js'
import type {CtcFolder} from '../model-folder.js'
import type {FrameStore, PreparedRecording, RecognitionEvent} from '../recognizer.js'
import {type Chunk, type ChunkPlan, chunkSizes, planChunks} from './chunks.js'
import type {CtcNetwork} from './network.js'
import type {CtcOptions} from './options.js'
import {type SpeechSegment, speechSegmenter} from './speech-segments.js'
import {writeSegment} from './write-segment.js'

/** Everything that one recording needs. */
export interface CtcJob {
  readonly folder: CtcFolder
  readonly network: CtcNetwork
  readonly vocabulary: CtcVocabulary
  readonly recording: PreparedRecording
  readonly options: CtcOptions
  /** Language model and hot words, where there are any. */
  readonly fusion: WordFusion | undefined
  /** The search by characters and phones together, where it can be made. */
  readonly joint: JointSearch | undefined
  /** Input frames per output frame. */
  readonly ratio: number
  readonly signal: AbortSignal | undefined
}

/** Recognises one recording chunk by chunk: memory does not grow with its length. */
export async function* recognizeRecording(job: CtcJob): AsyncGenerator<RecognitionEvent> {
  const {recording, options, vocabulary} = job
  const timings = {encoderSeconds: 0, decoderSeconds: 0, alignmentSeconds: 0}
  const timed = stopwatch(timings)
  const plan = planOf(job, recording.features)
  const frameSeconds = plan.ratio / inputRateHz(job.folder)
  const further = furtherTempos(job).map(tempo => followAtTempo(job, tempo, timings))
  const decoder = decoderOf(job, frameSeconds)
  // Greedy tokens know their frames; those of a beam are aligned afterwards, for which the frames must be kept.
  const kept = usesBeam(job) ? frameWindow(vocabulary.size) : undefined
  const segmenter = speechSegmenter(vocabulary, {
    pauseFrames: options.pauseSeconds / frameSeconds,
    longestFrames: options.maxSegmentSeconds / frameSeconds,
  })
  const segments: Segment[] = []
  const write = (speech: readonly SpeechSegment[]) =>
    timed('alignmentSeconds', () =>
      speech.map(part => {
        const seek = Math.round(chunkStartOf(part.from, plan) * (100 / inputRateHz(job.folder)))
        const segment = writeSegment(part, {id: segments.length, seek, frameSeconds, kept, ...job})
        kept?.dropBefore(part.to)
        segments.push(segment)
        return {type: 'segment', segment} as const
      }),
    )
  let frames = 0
  for await (const heard of hear(job, recording.features, timings)) {
    kept?.append(heard.characters)
    frames += heard.characters.length / vocabulary.size
    const again: BothHeads[][] = []
    for (const upTo of further) again.push(await upTo(frames))
    yield* write(segmenter.push(timed('decoderSeconds', () => decoder.push(forSearch(heard, job), again))))
    yield {type: 'progress', seconds: Math.min(frames * frameSeconds, recording.durationSeconds)}
  }
  const last = timed('decoderSeconds', () => decoder.finish())
  yield* write([...segmenter.push(last), ...segmenter.finish(frames)])
  yield {type: 'done', timings, transcript: transcriptOf(segments, recording.durationSeconds)}
}

/** What the model says of features, chunk after chunk. */
async function* hear(job: CtcJob, features: FrameStore, timings: {encoderSeconds: number}): AsyncGenerator<BothHeads> {
  if (features.frames === 0) return
  for (const chunk of planChunks(planOf(job, features))) {
    job.signal?.throwIfAborted()
    const input = features.read(chunk.start, chunk.length)
    const began = performance.now()
    const heard = await listen(job, input, chunk)
    timings.encoderSeconds += (performance.now() - began) / 1000
    yield heard
  }
}

/** Only a search by both heads hears more than once. */
const furtherTempos = ({joint, options}: CtcJob): readonly number[] =>
  joint === undefined ? [] : options.furtherTempos

/** Hears the recording at another tempo: each call goes on up to the time of so many frames of the first hearing. */
function followAtTempo(job: CtcJob, tempo: number, timings: {encoderSeconds: number}) {
  const chunks = hear(job, atTempo(job.recording.features, tempo), timings)
  let frames = 0
  return async (followed: number): Promise<BothHeads[]> => {
    const parts: BothHeads[] = []
    while (frames < Math.round(followed / tempo)) {
      const {done, value} = await chunks.next()
      if (done) break
      parts.push(forSearch(value, job))
      frames += value.characters.length / job.vocabulary.size
    }
    return parts
  }
}

/** What the model says of the frames of a chunk that are kept; nothing of phones where they are not asked for. */
async function listen(job: CtcJob, features: Float32Array, chunk: Chunk): Promise<BothHeads> {
  const {network, vocabulary, joint} = job
  if (joint === undefined || network.bothHeads === undefined) {
    const characters = await network.logProbabilities(features, chunk.length)
    return {characters: cut(characters, chunk, vocabulary), phones: new Float32Array(0)}
  }
  const {characters, phones} = await network.bothHeads(features, chunk.length)
  return {characters: cut(characters, chunk, vocabulary), phones: cut(phones, chunk, joint.phones)}
}

/** What a search goes by: what was heard, without what the model expected. */
function forSearch(heard: BothHeads, job: CtcJob): BothHeads {
  const {labelPriors} = job.folder
  const {priorWeight} = job.options
  if (priorWeight === 0 || labelPriors === undefined || !usesBeam(job)) return heard
  return {
    characters: withoutPriors(heard.characters, labelPriors.tokens, priorWeight),
    phones: withoutPriors(heard.phones, labelPriors.phones, priorWeight),
  }
}

/** auto searches where there are words to prefer. */
const usesBeam = ({options: {decoder}, fusion}: CtcJob): boolean =>
  decoder === 'beam' || (decoder === 'auto' && fusion !== undefined)

/** Input frames in a second. */
export const inputRateHz = ({features}: CtcFolder): number =>
  features.kind === 'waveform' ? SAMPLE_RATE_HZ : SAMPLE_RATE_HZ / features.options.hopSamples

function planOf({folder, options, ratio}: CtcJob, {frames}: FrameStore): ChunkPlan {
  const sizes = chunkSizes(options, {rateHz: inputRateHz(folder), ratio})
  return {...sizes, ratio, frames}
}

/** Longer stretches have too many texts for the best to be among those that both heads judge. */
const LONGEST_STRETCH_SECONDS = 12
/** After such a pause another sentence begins. */
const STRETCH_PAUSE_SECONDS = 2

/** Turns what the model says into tokens. */
interface Decoder {
  push(heard: BothHeads, further: readonly (readonly BothHeads[])[]): TokenSpan[]
  finish(): TokenSpan[]
}

function decoderOf(job: CtcJob, frameSeconds: number): Decoder {
  const {options, vocabulary, fusion, joint} = job
  if (joint !== undefined)
    return jointDecoder({
      search: joint,
      vocabulary,
      phones: joint.phones,
      furtherTempos: furtherTempos(job),
      pauseFrames: STRETCH_PAUSE_SECONDS / frameSeconds,
      longestFrames: LONGEST_STRETCH_SECONDS / frameSeconds,
    })
  const decoder = usesBeam(job)
    ? prefixBeamDecoder({
        ...options,
        maxTokensPerFrame: options.maxTokensPerFrame ?? undefined,
        vocabulary,
        fusion,
        recombine: true,
      })
    : greedyDecoder({vocabularySize: vocabulary.size, blank: vocabulary.blank})
  return {push: ({characters}) => decoder.push(characters), finish: () => decoder.finish().tokens}
}

/** The output frames of a chunk that are kept. A chunk without overlap may give a frame too few: it becomes a blank. */
function cut(
  logProbabilities: Float32Array,
  {skip, keep}: Chunk,
  {size, blank}: {readonly size: number; readonly blank: number},
): Float32Array {
  const given = logProbabilities.subarray(skip * size, keep === undefined ? undefined : (skip + keep) * size)
  if (keep === undefined || given.length === keep * size) return given
  const whole = new Float32Array(keep * size).fill(Number.NEGATIVE_INFINITY)
  for (let start = given.length; start < whole.length; start += size) whole[start + blank] = 0
  whole.set(given)
  return whole
}

/** Input frame at which the chunk begins that gave an output frame. */
function chunkStartOf(frame: number, {frames, chunk, stride, ratio}: ChunkPlan): number {
  if (frames <= chunk) return 0
  const step = chunk - 2 * stride
  return Math.max(0, Math.floor((frame * ratio - stride) / step)) * step
}

function transcriptOf(segments: readonly Segment[], durationSeconds: number) {
  const text = segments
    .map(segment => segment.text)
    .join('')
    .trimStart()
  return {text, durationSeconds, segments, suspects: findSuspects(segments, durationSeconds)}
}

/** Adds the time that a synchronous stage takes to its sum. */
function stopwatch<Stage extends string>(sums: Record<Stage, number>) {
  return <T>(stage: Stage, work: () => T): T => {
    const began = performance.now()
    const result = work()
    sums[stage] += (performance.now() - began) / 1000
    return result
  }
}
