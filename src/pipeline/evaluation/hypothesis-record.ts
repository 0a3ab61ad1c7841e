import {z} from 'zod'
import {JournalIdentity} from '../transcripts/journal-record.js'
import {ErrorRecordSchema} from '../transcripts/results.js'

export const HYPOTHESES_FORMAT = 1

const seconds = z.number().min(0)

export const SubsetRecord = z.strictObject({
  utterances: z.int().min(0),
  seed: z.int(),
  of: z.int().min(0),
})

/** What must be the same for two runs to give the same hypotheses, and what they were asked. */
export const HypothesisIdentity = z.strictObject({
  ...JournalIdentity.shape,
  dataset: z.strictObject({
    name: z.string(),
    hash: z.string(),
    /** SHA-256 over what the data set says of each recording: id, part, channel and language. */
    recordings: z.string(),
    subset: SubsetRecord.nullable(),
  }),
})

/** The first line of a store. */
export const StoreHeader = z.strictObject({
  type: z.literal('header'),
  hypotheses: z.int(),
  ...HypothesisIdentity.shape,
})

/** A run begins to recognise: one line for each part of a run that was interrupted. */
const PartLine = z.strictObject({
  type: z.literal('part'),
  provider: z.string(),
  machine: z.string(),
  startedAt: z.iso.datetime(),
})

const ofUtterance = {
  type: z.literal('hypothesis'),
  id: z.string(),
  /** Wall-clock seconds of recognising so far, over all parts of the run. */
  elapsedSeconds: seconds,
}

/** An utterance that was recognised. Nothing is normalized. */
const RecognizedLine = z.strictObject({
  ...ofUtterance,
  status: z.literal('ok'),
  text: z.string(),
  language: z.string().optional(),
  durationSeconds: seconds,
  /** From the start of decoding the audio to the text. */
  wallSeconds: seconds,
  warnings: z.array(z.string()).optional(),
})

const FailedLine = z.strictObject({...ofUtterance, status: z.literal('failed'), error: ErrorRecordSchema})

export const HypothesisLine = z.discriminatedUnion('status', [RecognizedLine, FailedLine])

const EndLine = z.strictObject({type: z.literal('end'), finishedAt: z.iso.datetime()})

/** A line of a store after its header. */
export const StoreLine = z.union([HypothesisLine, PartLine, EndLine])

export type HypothesisIdentity = Readonly<z.infer<typeof HypothesisIdentity>>
export type StoreHeader = Readonly<z.infer<typeof StoreHeader>>
export type PartLine = Readonly<z.infer<typeof PartLine>>
export type HypothesisLine = Readonly<z.infer<typeof HypothesisLine>>
export type StoreLine = HypothesisLine | PartLine | Readonly<z.infer<typeof EndLine>>
