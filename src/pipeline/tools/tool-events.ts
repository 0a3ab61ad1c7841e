import {z} from 'zod'
import type {ErrorRecord} from '../errors.js'

/** The stand-alone tools, which stand in `bin/`. */
export type ToolName = 'onnx-quantize' | 'onnx-prune' | 'onnx-optimize'

const Bytes = z.int().min(0)

const ToolStart = z.strictObject({
  type: z.literal('start'),
  input: z.string(),
  output: z.string(),
  sourceBytes: Bytes.describe('Of the input, with its external data.'),
})

const ToolProgress = z.strictObject({
  type: z.literal('progress'),
  fraction: z.number().min(0).max(1).describe('Of the whole work, as far as it can be told.'),
})

/** Something the user should know. */
const ToolNote = z.strictObject({type: z.literal('note'), message: z.string()})

const ToolError = z.strictObject({
  type: z.literal('error'),
  code: z.custom<ErrorRecord['code']>(code => typeof code === 'string' && /^[A-Z_]+$/.test(code)),
  message: z.string(),
  hint: z.string().optional(),
  stack: z.string().optional(),
})

/** The last event of every tool; each adds what it has to tell. */
export const ToolDone = z.strictObject({
  type: z.literal('done'),
  files: z.array(z.string()).describe('The model, and its weights where they are beside.'),
  bytes: Bytes.describe('Of these files together.'),
  sourceBytes: Bytes,
})
export type ToolDone = Readonly<z.infer<typeof ToolDone>>

/** What a tool says before it is done. */
export const ToolEvent = z.discriminatedUnion('type', [ToolStart, ToolProgress, ToolNote, ToolError])
export type ToolEvent = Readonly<z.infer<typeof ToolEvent>>
