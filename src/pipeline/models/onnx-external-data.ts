import {open} from 'node:fs/promises'
import {LinguluError} from '../errors.js'
import {ByteWindow, MalformedError} from '../onnx/byte-window.js'

/** The messages of onnx.proto on the way to external data and operators, and the fields of each that lead on. */
const LEADS_TO = {
  model: {7: 'graph', 25: 'function'},
  function: {7: 'node'},
  graph: {1: 'node', 5: 'tensor'},
  node: {5: 'attribute'},
  attribute: {5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph'},
  tensor: {13: 'entry'},
  entry: {},
} as const satisfies Record<string, Record<number, string>>
type Message = keyof typeof LEADS_TO

const LENGTH_DELIMITED = 2

/** What can be told of an ONNX model without reading its weights. */
export interface OnnxSurvey {
  /** The files in which it keeps weights, relative to it (`TensorProto.external_data`). */
  readonly externalData: readonly string[]
  /** The operators of all its graphs. */
  readonly operators: ReadonlySet<string>
}

/** The files in which an ONNX model keeps weights, as {@link surveyOnnx} finds them. */
export async function externalDataFiles(path: string): Promise<readonly string[]> {
  return (await surveyOnnx(path)).externalData
}

/**
 * Looks through an ONNX file. Weights inside are skipped unread, so this takes milliseconds whatever the size.
 *
 * @throws LinguluError `MODEL_INVALID` if the file is not ONNX, or is cut short.
 */
export async function surveyOnnx(path: string): Promise<OnnxSurvey> {
  const file = await open(path)
  try {
    const {size} = await file.stat()
    const bytes = new ByteWindow(file, size)
    await refusePointer(path, bytes, size)
    const found: Found = {locations: new Set(), operators: new Set()}
    await walk(bytes, 'model', 0, size, found)
    return {externalData: [...found.locations].sort(), operators: found.operators}
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new LinguluError('MODEL_INVALID', `${path} is not a whole ONNX file: ${cause.message}.`, {
      hint: 'It was cut short or is something else: fetch it again.',
    })
  } finally {
    await file.close()
  }
}

interface Found {
  readonly locations: Set<string>
  readonly operators: Set<string>
}

async function walk(bytes: ByteWindow, message: Message, start: number, end: number, found: Found): Promise<void> {
  const leads: Partial<Record<number, Message>> = LEADS_TO[message]
  let isLocation = false
  let position = start
  while (position < end) {
    const [tag, afterTag] = await bytes.varint(position)
    const field = Math.floor(tag / 8)
    if (tag % 8 !== LENGTH_DELIMITED) {
      position = await skip(bytes, tag % 8, afterTag)
      continue
    }
    const [length, from] = await bytes.varint(afterTag)
    position = from + length
    if (position > end) throw new MalformedError(`it should have ${position - end} more bytes`)
    const next = leads[field]
    if (next !== undefined) await walk(bytes, next, from, position, found)
    else if (message === 'entry' && field === 1) isLocation = (await bytes.text(from, length)) === 'location'
    else if (message === 'entry' && field === 2 && isLocation) found.locations.add(await bytes.text(from, length))
    else if (message === 'node' && field === 4) found.operators.add(await bytes.text(from, length))
  }
  if (position !== end) throw new MalformedError('a field runs past its message')
}

async function skip(bytes: ByteWindow, wireType: number, position: number): Promise<number> {
  if (wireType === 0) return (await bytes.varint(position))[1]
  if (wireType === 1) return position + 8
  if (wireType === 5) return position + 4
  throw new MalformedError(`wire type ${wireType} at byte ${position}`)
}

async function refusePointer(path: string, bytes: ByteWindow, size: number): Promise<void> {
  const start = await bytes.text(0, Math.min(size, 40))
  if (size === 0) throw new MalformedError('it is empty')
  if (!start.startsWith('version https://git-lfs')) return
  throw new LinguluError('MODEL_INVALID', `${path} is a Git LFS pointer, not the model itself.`, {
    hint: 'Run `git lfs pull` in that repository, or fetch the model with `lingulu models pull`.',
  })
}
