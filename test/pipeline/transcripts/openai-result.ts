import type {Segment, Transcript} from '../../../src/pipeline/transcripts/transcript.js'

/** A result of openai/whisper's `transcribe`, as parsed from JSON. */
export interface OpenAiResult {
  readonly text: string
  readonly language: string
  readonly segments: readonly {
    readonly id: number
    readonly seek: number
    readonly start: number
    readonly end: number
    readonly text: string
    readonly tokens: readonly number[]
    readonly temperature: number
    readonly avg_logprob: number
    readonly compression_ratio: number
    readonly no_speech_prob: number
    readonly words?: Segment['words']
  }[]
}

export function fromOpenAi({text, language, segments}: OpenAiResult): Transcript {
  return {
    text,
    language,
    durationSeconds: segments.at(-1)?.end ?? 0,
    suspects: [],
    segments: segments.map(segment => ({
      id: segment.id,
      seek: segment.seek,
      start: segment.start,
      end: segment.end,
      text: segment.text,
      tokens: segment.tokens,
      temperature: segment.temperature,
      averageLogProbability: segment.avg_logprob,
      compressionRatio: segment.compression_ratio,
      noSpeechProbability: segment.no_speech_prob,
      ...(segment.words && {words: segment.words}),
    })),
  }
}
