import {z} from 'zod'

const share = z.number().min(0)

/** How much WER may rise over that of the baseline. */
const Regression = z.discriminatedUnion('kind', [
  z.strictObject({kind: z.literal('absolute'), rate: share.describe('0.002 for 0.2 points of WER.')}),
  z.strictObject({kind: z.literal('relative'), rate: share.describe('0.05 for 5 % of the baseline’s WER.')}),
])

/** What a run must reach. All rates are shares of 1. */
export const GateOptions = z.strictObject({
  maxWer: share.optional(),
  maxCer: share.optional(),
  maxRegression: Regression.optional(),
  onlySignificant: z.boolean().default(false).describe('A rise of WER counts only if MAPSSWE finds it significant.'),
  level: z.number().gt(0).lt(1).default(0.05).describe('Of significance.'),
  maxEmpty: share.optional().describe('Of collapse.emptyRate.'),
  maxRepeated: share.optional().describe('Of collapse.repetitionRate.'),
  maxInsertions: share.optional().describe('Of collapse.insertionRate.'),
  minRtfx: share.optional(),
  speedTrade: z
    .strictObject({rate: share.describe('0.01 for 1 point of WER.'), speedup: z.number().min(1)})
    .optional()
    .describe('WER may rise by so much, if RTFx is so many times the baseline’s.'),
  minSamples: z.int().min(0).optional().describe('Utterances that must have a hypothesis.'),
  allowMissing: z.boolean().default(false),
})

export type GateOptions = Readonly<z.infer<typeof GateOptions>>
/** With defaults where nothing is asked. */
export type GateInput = Readonly<z.input<typeof GateOptions>>
