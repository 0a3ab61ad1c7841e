import {z} from 'zod'
import {BreakdownRecord, EvaluationReport, WorstRecord} from '../evaluation/evaluation-report.js'

const count = z.int().min(0)

/** What `lingulu score --json` prints. Rates are shares of 1, `null` where nothing was counted. */
export const ScoreDocument = EvaluationReport.pick({
  wer: true,
  cer: true,
  mer: true,
  wil: true,
  wip: true,
  wordAccuracy: true,
  characterAccuracy: true,
  sentenceAccuracy: true,
  words: true,
  characters: true,
  normalizer: true,
  scoring: true,
}).extend({
  type: z.literal('score'),
  schema: z.literal(1),
  reference: z.string().describe('The file as it was named; - for stdin.'),
  hypothesis: z.string(),
  utterances: z.strictObject({
    total: count,
    correct: count.describe('Without an error.'),
    missing: z.array(z.string()).describe('Ids without a hypothesis; scored as empty ones.'),
    failed: z.array(z.string()).describe('Ids of recordings that could not be transcribed; scored as empty ones.'),
    emptyReferences: count,
    emptyHypotheses: count,
  }),
  breakdowns: z.array(BreakdownRecord).describe('By what --by names; without intervals.'),
  alignments: z.array(WorstRecord).optional().describe('Of all utterances, with --alignments.'),
})

export type ScoreDocument = Readonly<z.infer<typeof ScoreDocument>>
