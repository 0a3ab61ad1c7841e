import {roundHalfEven} from '../../decoding/round-half-even.js'
import {LinguluError} from '../../errors.js'
import {isLanguageCode, type LanguageCode} from '../../text/languages.js'
import {strip} from '../../text/strip.js'
import {findSuspects} from '../../transcripts/suspects.js'
import type {Segment, Suspect} from '../../transcripts/transcript.js'
import type {PreparedRecording, RecognitionEvent} from '../recognizer.js'
import {type Aligner, alignWords} from './align-words.js'
import {placeWithin} from './clamp-segment.js'
import {decodeWindow, logitRules, type WindowResult, type WindowWriter} from './decode-window.js'
import {detectLanguage} from './detect-language.js'
import {skipHallucinations} from './hallucinations.js'
import {toMelMajor} from './mel-major.js'
import {type EncodedWindow, WINDOW_FRAMES} from './network.js'
import type {WhisperOptions} from './options.js'
import type {WhisperModel} from './recognizer.js'
import type {WindowContext, WindowTimings} from './window-decoder.js'
import {type DraftSegment, FRAMES_PER_SECOND, frameSeconds, lastEnd, sliceWindow} from './window-segments.js'
import {assignWords} from './word-timestamps.js'

/** What moves while a recording is transcribed, window after window. */
interface Progress {
  /** First frame of the next window. */
  seek: number
  /** Initial prompt and everything said so far. */
  readonly tokens: number[]
  /** Where in `tokens` the history begins that the model is still told. */
  historyStart: number
  lastSpeechSeconds: number
  segmentCount: number
}

/** Everything that stays the same for one recording. */
interface Job {
  readonly model: WhisperModel
  readonly recording: PreparedRecording
  readonly options: WhisperOptions
  readonly context: WindowContext
  readonly writer: WindowWriter
  readonly aligner: Aligner
  readonly promptTokens: readonly number[]
  /** Frames of sound; the store holds a window of padding after them. */
  readonly contentFrames: number
}

interface Clip {
  readonly startFrame: number
  readonly endFrame: number
}

/** Transcribes one recording window by window, as openai/whisper's `transcribe` does. */
export async function* transcribeRecording(
  model: WhisperModel,
  recording: PreparedRecording,
  options: WhisperOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<RecognitionEvent> {
  rejectUnsupported(model, options)
  const timings: WindowTimings = {encoderSeconds: 0, decoderSeconds: 0, alignmentSeconds: 0}
  const context: WindowContext = {timings, signal}
  const language = yield* chooseLanguage(model, recording, options, context)
  const job = createJob(model, recording, options, context, language.code)
  const progress: Progress = {
    seek: 0,
    tokens: [...job.promptTokens],
    historyStart: 0,
    lastSpeechSeconds: 0,
    segmentCount: 0,
  }
  const segments: Segment[] = []
  const misplaced: Suspect[] = []
  for (const {startFrame, endFrame} of clips(options.clipTimestampsSeconds, job.contentFrames)) {
    progress.seek = startFrame
    while (progress.seek < endFrame) {
      signal?.throwIfAborted()
      for (const found of await nextWindow(job, progress, endFrame)) {
        const {segment, suspects} = placeWithin(found, recording.durationSeconds, options.clampTimestamps)
        segments.push(segment)
        misplaced.push(...suspects)
        yield {type: 'segment', segment}
      }
      yield {type: 'progress', seconds: Math.min(frameSeconds(progress.seek), recording.durationSeconds)}
    }
  }
  yield {
    type: 'done',
    timings,
    transcript: {
      text: model.tokenizer.decode(progress.tokens.slice(job.promptTokens.length)),
      language: language.code,
      languageProbability: language.probability,
      durationSeconds: recording.durationSeconds,
      segments,
      suspects: [...doubts(segments, recording, options), ...misplaced],
    },
  }
}

function doubts(
  segments: readonly Segment[],
  {durationSeconds}: PreparedRecording,
  options: WhisperOptions,
): Suspect[] {
  return findSuspects(segments, durationSeconds, {
    compressionRatioThreshold: options.compressionRatioThreshold ?? undefined,
    logProbabilityThreshold: options.logprobThreshold ?? undefined,
    noSpeechThreshold: options.noSpeechThreshold ?? undefined,
  })
}

function rejectUnsupported(
  {folder, decoder}: WhisperModel,
  {task, wordTimestamps, hallucinationSilenceThresholdSeconds}: WhisperOptions,
) {
  if (task === 'translate' && !folder.config.multilingual)
    throw new LinguluError('OPTION_UNSUPPORTED', `${folder.name} knows English only and cannot translate.`, {
      hint: 'Choose a multilingual model, such as whisper-base.',
    })
  if (wordTimestamps && !decoder.givesAttention)
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `${folder.name}: word timestamps need a decoder with the outputs cross_attentions.0, cross_attentions.1, …, and this one has none.`,
      {
        hint: 'Choose an export with them: the catalogue names end in _timestamped (onnx-community/whisper-base_timestamped), or export with output_attentions.',
      },
    )
  if (hallucinationSilenceThresholdSeconds !== null && !wordTimestamps)
    throw new LinguluError('OPTION_UNSUPPORTED', 'Skipping silence around hallucinations needs word timestamps.', {
      hint: 'Add --word-timestamps.',
    })
}

async function* chooseLanguage(
  model: WhisperModel,
  recording: PreparedRecording,
  {language}: WhisperOptions,
  context: WindowContext,
): AsyncGenerator<RecognitionEvent, {code: LanguageCode; probability?: number | undefined}> {
  const {folder, decoder, tokenizer} = model
  if (!folder.config.multilingual) {
    if (language !== null && language !== 'en')
      yield {type: 'warning', message: `${folder.name} knows English only; language ${language} is ignored.`}
    return {code: 'en'}
  }
  if (language !== null) {
    if (!isLanguageCode(language)) throw new LinguluError('USAGE', `Unknown language: ${language}.`)
    return {code: language}
  }
  // The reference detects on the first 30 s of the padded features: after a short recording comes silence, not zeros.
  const window = await decoder.encode(
    toMelMajor(recording.features.read(0, WINDOW_FRAMES), folder.config.mels),
    context,
  )
  const [best] = await detectLanguage(decoder, tokenizer, window, context)
  if (best === undefined) throw new LinguluError('MODEL_INVALID', `${folder.name} has no language tokens.`)
  yield {type: 'language', language: best.code, probability: best.probability}
  return best
}

function createJob(
  model: WhisperModel,
  recording: PreparedRecording,
  options: WhisperOptions,
  context: WindowContext,
  language: LanguageCode,
): Job {
  const {tokenizer, decoder, folder} = model
  const {textContext, medianFilterWidth} = folder.config
  const sotSequence = tokenizer.sotSequence({language, task: options.task, timestamps: true})
  const windowSequence = tokenizer.sotSequence({
    language,
    task: options.task,
    timestamps: !options.withoutTimestamps,
  })
  return {
    model,
    recording,
    options,
    context,
    promptTokens: options.initialPrompt === null ? [] : tokenizer.encode(` ${strip(options.initialPrompt)}`),
    contentFrames: recording.features.frames - WINDOW_FRAMES,
    writer: {
      decoder,
      tokenizer,
      options,
      textContext,
      sotSequence: windowSequence,
      rules: logitRules(tokenizer, options),
    },
    aligner: {
      decoder,
      tokenizer,
      language,
      sotSequence,
      medianFilterWidth,
    },
  }
}

/** Pairs of seconds as pairs of frames; the last end is the end of the recording, and no clip reaches past it. */
function clips(seconds: readonly number[], contentFrames: number): Clip[] {
  const points = seconds.map(second => roundHalfEven(second * FRAMES_PER_SECOND))
  if (points.length === 0) points.push(0)
  return points.flatMap((startFrame, index) =>
    index % 2 === 0 ? [{startFrame, endFrame: Math.min(points[index + 1] ?? contentFrames, contentFrames)}] : [],
  )
}

/** Decodes the window at `progress.seek`, moves on, and gives the segments found. */
async function nextWindow(job: Job, progress: Progress, clipEndFrame: number): Promise<Segment[]> {
  const {model, recording, options, context, writer, contentFrames} = job
  const {seek} = progress
  const windowFrames = Math.min(WINDOW_FRAMES, contentFrames - seek, clipEndFrame - seek)
  const features = toMelMajor(recording.features.read(seek, windowFrames), model.folder.config.mels)
  const window = await model.decoder.encode(features, context)
  const result = await decodeWindow(writer, window, history(job, progress), seek, context)
  if (isSilence(result, options)) {
    progress.seek += windowFrames
    return []
  }
  const drafts = await windowSegments(job, progress, window, windowFrames, result)
  // A window that does not move on would be decoded for ever.
  if (progress.seek <= seek) progress.seek = seek + windowFrames
  if (drafts === undefined) return []
  const segments = drafts.map((draft, index) => toSegment(draft, progress.segmentCount + index, seek, result, options))
  progress.segmentCount += segments.length
  for (const {tokens} of segments) progress.tokens.push(...tokens)
  if (!options.conditionOnPreviousText || result.temperature > 0.5) progress.historyStart = progress.tokens.length
  return segments
}

/** What the model is told of the text so far. */
function history({model, options, promptTokens}: Job, {tokens, historyStart}: Progress): readonly number[] {
  if (!options.carryInitialPrompt) return tokens.slice(historyStart)
  const room = (model.folder.config.textContext >> 1) - 1 - promptTokens.length
  const spoken = tokens.slice(Math.max(promptTokens.length, historyStart))
  // As the reference: a prompt that fills the room leaves all of the history, and the cut to half the context then takes
  // the prompt away.
  return [...promptTokens, ...spoken.slice(-room)]
}

function isSilence({noSpeechProbability, averageLogProbability}: WindowResult, options: WhisperOptions): boolean {
  const {noSpeechThreshold, logprobThreshold} = options
  if (noSpeechThreshold === null || !(noSpeechProbability > noSpeechThreshold)) return false
  return logprobThreshold === null || averageLogProbability <= logprobThreshold
}

/** The window's segments with words where asked; moves `progress.seek` on. Undefined: the window is to be forgotten. */
async function windowSegments(
  job: Job,
  progress: Progress,
  window: EncodedWindow,
  windowFrames: number,
  {tokens}: WindowResult,
): Promise<readonly DraftSegment[] | undefined> {
  const {options, aligner, context, contentFrames, model} = job
  const {tokenizer} = model
  const {seek} = progress
  const {slices, advanceFrames, singleTimestampEnding} = sliceWindow(tokens, {
    timestampBegin: tokenizer.timestampBegin,
    seek,
    windowFrames,
  })
  const isText = (token: number) => token < tokenizer.eot
  const drafts: DraftSegment[] = slices.map(slice => ({
    ...slice,
    text: tokenizer.decode(slice.tokens.filter(isText)),
    words: [],
  }))
  progress.seek = seek + advanceFrames
  if (!options.wordTimestamps) return drafts

  const textTokens = drafts.flatMap(draft => draft.tokens.filter(isText))
  assignWords(drafts, await alignWords(aligner, window, textTokens, windowFrames, context), {
    prepend: options.prependPunctuations,
    append: options.appendPunctuations,
    eot: tokenizer.eot,
    windowStart: frameSeconds(seek),
    lastSpeechSeconds: progress.lastSpeechSeconds,
  })
  const end = lastEnd(drafts)
  if (!singleTimestampEnding && end !== undefined && end > frameSeconds(seek))
    progress.seek = roundHalfEven(end * FRAMES_PER_SECOND)

  let kept: readonly DraftSegment[] | undefined = drafts
  if (options.hallucinationSilenceThresholdSeconds !== null) {
    const skipped = skipHallucinations(drafts, options.hallucinationSilenceThresholdSeconds, progress.seek, {
      seek,
      windowFrames,
      contentFrames,
      singleTimestampEnding,
      fullWindowFrames: WINDOW_FRAMES,
      lastSpeechSeconds: progress.lastSpeechSeconds,
    })
    progress.seek = skipped.seek
    kept = skipped.segments
  }
  if (kept !== undefined) progress.lastSpeechSeconds = lastEnd(kept) ?? progress.lastSpeechSeconds
  return kept
}

/** A segment without duration or text stays in the list, emptied. */
function toSegment(
  {start, end, text, tokens, words}: DraftSegment,
  id: number,
  seek: number,
  result: WindowResult,
  {wordTimestamps}: WhisperOptions,
): Segment {
  const empty = start === end || strip(text) === ''
  return {
    id,
    seek,
    start,
    end,
    text: empty ? '' : text,
    tokens: empty ? [] : tokens,
    temperature: result.temperature,
    averageLogProbability: result.averageLogProbability,
    compressionRatio: result.compressionRatio,
    noSpeechProbability: result.noSpeechProbability,
    ...(wordTimestamps && {words: empty ? [] : words}),
  }
}
