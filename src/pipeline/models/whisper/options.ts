import {z} from 'zod'

/** Temperatures tried in turn while a window fails: 0, 0.2, … 1.0. */
const FALLBACK_TEMPERATURES = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** Punctuation that joins the following word, and punctuation that joins the word before (openai/whisper). */
export const PREPEND_PUNCTUATIONS = '"\'“¿([{-'
export const APPEND_PUNCTUATIONS = '"\'.。,，!！?？:：”)]}、'

const SAMPLING = 'is of sampling: it needs a temperature above 0'
const isSampled = (temperature: number): boolean => temperature > 0

const nullable = (schema: z.ZodType<number>, value: number | null) => schema.nullable().default(value)

const Fields = z.strictObject({
  language: z.string().nullable().default(null).describe('Language code; null detects it from the first 30 s.'),
  task: z.enum(['transcribe', 'translate']).default('transcribe'),
  temperatures: z
    .array(z.number().min(0).max(10))
    .min(1)
    .default(FALLBACK_TEMPERATURES)
    .describe('Tried in turn while a window fails the thresholds.'),
  beamSize: nullable(z.int().min(1).max(64), 5).describe('Beams at temperature 0; null is greedy.'),
  bestOf: nullable(z.int().min(1).max(64), 5).describe('Samples at temperatures above 0.'),
  patience: nullable(z.number().positive(), null),
  lengthPenalty: nullable(z.number().min(0).max(1), null).describe('α of ((5 + n) / 6)^α; null divides by n.'),
  suppressTokens: z.array(z.int().min(-1)).default([-1]).describe('−1 stands for symbols that are not speech.'),
  suppressBlank: z.boolean().default(true),
  initialPrompt: z.string().nullable().default(null),
  carryInitialPrompt: z.boolean().default(false),
  prefix: z.string().nullable().default(null).describe('Text that every window must begin with.'),
  conditionOnPreviousText: z.boolean().default(true),
  withoutTimestamps: z.boolean().default(false),
  maxInitialTimestampSeconds: nullable(z.number().min(0).max(30), 1),
  clampTimestamps: z.boolean().default(false).describe('Let no segment end after the recording.'),
  compressionRatioThreshold: nullable(z.number(), 2.4),
  logprobThreshold: nullable(z.number(), -1),
  noSpeechThreshold: nullable(z.number(), 0.6),
  wordTimestamps: z.boolean().default(false),
  prependPunctuations: z.string().default(PREPEND_PUNCTUATIONS),
  appendPunctuations: z.string().default(APPEND_PUNCTUATIONS),
  clipTimestampsSeconds: z
    .array(z.number().min(0))
    .default([0])
    .describe('start, end, start, end, … of what is decoded; the last end is the end of the recording.'),
  hallucinationSilenceThresholdSeconds: nullable(z.number().min(0), null),
  topK: nullable(z.int().min(1), null),
  topP: nullable(z.number().gt(0).max(1), null),
  repetitionPenalty: z.number().positive().default(1),
  noRepeatNgramSize: z.int().min(0).default(0),
  maxLength: nullable(z.int().min(2), null).describe('Tokens of a window, prompt included.'),
  sampleLength: nullable(z.int().min(1), null).describe('Sampled tokens of a window; null is half the context.'),
  seed: z.int().default(0).describe('Of sampling at temperatures above 0.'),
})

/**
 * How a Whisper model listens and writes. Defaults are those of openai/whisper's command line; an option that would have
 * no effect beside the others is an error.
 */
export const WhisperOptions = Fields.refine(({beamSize, patience}) => beamSize !== null || patience === null, {
  path: ['patience'],
  message: 'is of beam search: it needs --beam-size',
})
  .refine(({initialPrompt, carryInitialPrompt}) => initialPrompt !== null || !carryInitialPrompt, {
    path: ['carryInitialPrompt'],
    message: 'needs --initial-prompt',
  })
  .refine(({topK, temperatures}) => topK === null || temperatures.some(isSampled), {
    path: ['topK'],
    message: SAMPLING,
  })
  .refine(({topP, temperatures}) => topP === null || temperatures.some(isSampled), {
    path: ['topP'],
    message: SAMPLING,
  })
  .refine(options => options.hallucinationSilenceThresholdSeconds === null || options.wordTimestamps, {
    path: ['hallucinationSilenceThresholdSeconds'],
    message: 'needs --word-timestamps',
  })
  .refine(({clipTimestampsSeconds: points}) => points.every((point, index) => point >= (points[index - 1] ?? 0)), {
    path: ['clipTimestampsSeconds'],
    message: 'a clip ends after it starts, and the next one starts after that',
  })
export type WhisperOptions = Readonly<z.infer<typeof WhisperOptions>>
