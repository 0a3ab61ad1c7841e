import {z} from 'zod'
import {OUTPUT_FORMATS} from './writers.js'

export const JOURNAL_FORMAT = 1

/** What must be the same for two runs to give the same outputs. */
export const JournalIdentity = z.strictObject({
  version: z.string(),
  model: z.strictObject({name: z.string(), hash: z.string(), precision: z.string()}),
  /** Everything that changes what is written, and nothing else. */
  options: z.record(z.string(), z.json()),
})
export type JournalIdentity = Readonly<z.infer<typeof JournalIdentity>>

export const HeaderLine = z.strictObject({
  type: z.literal('header'),
  journal: z.int(),
  ...JournalIdentity.shape,
  optionsHash: z.string(),
})

/** Which outputs a job gives; a later line for the same key replaces an earlier one and what was done under it. */
const PlanLine = z
  .strictObject({
    type: z.literal('plan'),
    key: z.string(),
    stem: z.string(),
    formats: z.array(z.enum(OUTPUT_FORMATS)),
    /** What the manifest asks for this input alone (`itemSettings`). */
    settings: z.string(),
  })
  // A journal is read from the disk: it must not be able to send outputs anywhere else.
  .refine(
    ({key, stem}) => stem.startsWith(key) && /^(?:\.\d+)?$/.test(stem.slice(key.length)),
    'stem is not of the key',
  )

const DoneLine = z.strictObject({
  type: z.literal('done'),
  key: z.string(),
  audio: z.string(),
  /** Undefined for what cannot be read twice, such as stdin. */
  input: z.strictObject({bytes: z.number(), modifiedMilliseconds: z.number(), sha256: z.string()}).optional(),
  outputs: z.array(z.strictObject({path: z.string(), bytes: z.int(), sha256: z.string()})),
  /** Checked when they are read again, one job at a time. */
  results: z.array(z.unknown()),
})

const FailedLine = z.strictObject({
  type: z.literal('failed'),
  key: z.string(),
  audio: z.string(),
  error: z.strictObject({code: z.string(), message: z.string(), hint: z.string().optional()}),
})

export const JournalLine = z.discriminatedUnion('type', [PlanLine, DoneLine, FailedLine])

export type HeaderLine = Readonly<z.infer<typeof HeaderLine>>
export type PlanLine = Readonly<z.infer<typeof PlanLine>>
export type DoneLine = Readonly<z.infer<typeof DoneLine>>
export type FailedLine = Readonly<z.infer<typeof FailedLine>>
export type JournalLine = PlanLine | DoneLine | FailedLine
