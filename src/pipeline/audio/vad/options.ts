import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'

/** What counts as speech. The defaults are faster-whisper's. */
export const VadOptions = z.strictObject({
  model: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a Silero-compatible ONNX model; without one the built-in energy detector decides.'),
  threshold: z.number().gt(0).lt(1).default(0.5).describe('Speech starts where the score reaches this.'),
  offThreshold: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('Speech goes on until the score falls below this; threshold − 0.15 by default.'),
  minSpeechSeconds: z.number().min(0).max(60).default(0).describe('Shorter speech is dropped.'),
  minSilenceSeconds: z.number().min(0).max(60).default(2).describe('Shorter pauses stay in the speech.'),
  padSeconds: z.number().min(0).max(10).default(0.4).describe('Kept before and after the speech.'),
  maxSpeechSeconds: z
    .number()
    .min(1)
    .max(3600)
    .optional()
    .describe('Longer speech is cut at its longest pause above 0.1 s; no limit by default.'),
})
export type VadOptions = Readonly<z.infer<typeof VadOptions>>

/** Where live speech is cut into utterances. */
export const EndpointOptions = z.strictObject({
  threshold: z.number().gt(0).lt(1).default(0.5).describe('Speech starts where the score reaches this.'),
  offThreshold: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('Silence starts where the score falls below this; threshold − 0.15 by default.'),
  minSpeechSeconds: z.number().min(0).max(1).default(0.15).describe('Shorter sounds are no utterances.'),
  endSilenceSeconds: z.number().min(0.1).max(10).default(0.6).describe('Silence that ends an utterance.'),
  maxUtteranceSeconds: z.number().min(2).max(30).default(30).describe('Longer speech is cut at its quietest place.'),
  preRollSeconds: z.number().min(0).max(2).default(0.3).describe('Kept before and after the speech.'),
  provisionalSeconds: z
    .number()
    .min(0.1)
    .max(30)
    .optional()
    .describe('How often speech under way is given out; never by default.'),
})
export type EndpointOptions = Readonly<z.infer<typeof EndpointOptions>>

/**
 * The options with their defaults.
 *
 * @throws LinguluError CONFIG_INVALID
 */
export function parseSpeechOptions<Options>(schema: z.ZodType<Options>, input: unknown = {}): Options {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  throw new LinguluError('CONFIG_INVALID', `Voice detection\n${explainIssues(parsed.error)}`)
}
