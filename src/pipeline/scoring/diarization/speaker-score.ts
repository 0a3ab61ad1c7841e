import {z} from 'zod'

const count = z.int().min(0)
const seconds = z.number().min(0)
const rate = z.number().min(0)

const diarization = {
  der: rate.describe('Diarization error rate: (missed + false alarm + confusion) / total. A share of 1.'),
  jer: rate.describe('Jaccard error rate: the mean over the speakers of the reference.'),
  totalSeconds: seconds.describe('Speaker time of the reference that is scored: two at once count twice.'),
  correctSeconds: seconds,
  missedSeconds: seconds,
  falseAlarmSeconds: seconds,
  confusionSeconds: seconds,
}

/** What `lingulu score ref.rttm hyp.rttm --json` prints. */
export const DiarizationScore = z.strictObject({
  type: z.literal('diarization'),
  schema: z.literal(1),
  ...diarization,
  recordings: z.array(
    z.strictObject({
      recording: z.string(),
      ...diarization,
      speakers: z
        .strictObject({reference: count, hypothesis: count})
        .describe('Who speak in the time that is evaluated.'),
      mapping: z.array(z.strictObject({reference: z.string(), hypothesis: z.string()})),
    }),
  ),
  options: z.strictObject({
    reference: z.string(),
    hypothesis: z.string(),
    uem: z.string().nullable(),
    collarSeconds: seconds,
    ignoreOverlap: z.boolean(),
  }),
  warnings: z.array(z.string()),
})
export type DiarizationScore = Readonly<z.infer<typeof DiarizationScore>>

const speakerText = {
  cpwer: rate
    .nullable()
    .describe('(S + D + I) / words of the reference; a share of 1; null where the reference has no words.'),
  errors: count,
  referenceWords: count,
  hits: count,
  substitutions: count,
  deletions: count,
  insertions: count,
  speakers: z.strictObject({
    reference: count,
    hypothesis: count,
    missed: count.describe('More in the reference than in the hypothesis.'),
    falseAlarm: count.describe('More in the hypothesis than in the reference.'),
  }),
}

/** What `lingulu score ref.stm hyp.stm --json` prints. */
export const CpScore = z.strictObject({
  type: z.literal('cpwer'),
  schema: z.literal(1),
  ...speakerText,
  sessions: z.array(
    z.strictObject({
      session: z.string(),
      ...speakerText,
      assignment: z
        .array(z.strictObject({reference: z.string().nullable(), hypothesis: z.string().nullable()}))
        .describe('null: no speaker of the other side is left.'),
    }),
  ),
  normalizer: z.strictObject({name: z.string(), hash: z.string(), description: z.string()}),
  options: z.strictObject({reference: z.string(), hypothesis: z.string()}),
  warnings: z.array(z.string()),
})
export type CpScore = Readonly<z.infer<typeof CpScore>>

export const SpeakerScore = z.discriminatedUnion('type', [DiarizationScore, CpScore])
export type SpeakerScore = DiarizationScore | CpScore
