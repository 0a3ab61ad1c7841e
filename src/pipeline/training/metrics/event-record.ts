import {BinaryWriter, WireType} from '@bufbuild/protobuf/wire'
import {maskedCrc32c} from './crc32c.js'

/** What a TensorBoard event holds, of the kinds that training writes. */
export type EventContent =
  | {readonly kind: 'version'; readonly writer: string}
  /** TensorBoard drops what an earlier file of the folder has at this step or after it. */
  | {readonly kind: 'start'; readonly step: number}
  | {readonly kind: 'summary'; readonly step: number; readonly values: readonly SummaryValue[]}

/** A point of a curve, or a text in Markdown. */
export type SummaryValue =
  | {readonly tag: string; readonly value: number}
  | {readonly tag: string; readonly text: string}

/**
 * An event as a record of an event file: its length and itself, each with its masked CRC-32C, little-endian (TensorFlow's
 * `lib/io/record_writer.cc`).
 */
export function encodeEventRecord(content: EventContent, wallTimeSeconds: number): Uint8Array {
  const event = encodeEvent(content, wallTimeSeconds)
  const record = Buffer.alloc(HEADER + event.length + FOOTER)
  record.writeBigUInt64LE(BigInt(event.length), 0)
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8)
  record.set(event, HEADER)
  record.writeUInt32LE(maskedCrc32c(event), HEADER + event.length)
  return record
}

const HEADER = 12 // bytes
const FOOTER = 4 // bytes

/** Of `event.proto`, `summary.proto` and `tensor.proto` in TensorBoard 2.21: the numbers of the fields. */
const EVENT = {wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7, sourceMetadata: 10} as const
const SOURCE = {writer: 1} as const
const SESSION = {status: 1} as const
const SUMMARY = {value: 1} as const
const VALUE = {tag: 1, simpleValue: 2, tensor: 8, metadata: 9} as const
const METADATA = {pluginData: 1} as const
const PLUGIN = {name: 1} as const
const TENSOR = {type: 1, shape: 2, stringValue: 8} as const

const FILE_VERSION = 'brain.Event:2'
const SESSION_START = 1
const STRING_TYPE = 7

function encodeEvent(content: EventContent, wallTimeSeconds: number): Uint8Array {
  const event = new BinaryWriter().tag(EVENT.wallTime, WireType.Bit64).double(wallTimeSeconds)
  if (content.kind === 'version') {
    text(event, EVENT.fileVersion, FILE_VERSION)
    message(event, EVENT.sourceMetadata, () => text(event, SOURCE.writer, content.writer))
    return event.finish()
  }
  // As every writer of proto3 does, 0 is left out.
  if (content.step !== 0) event.tag(EVENT.step, WireType.Varint).int64(content.step)
  if (content.kind === 'start')
    message(event, EVENT.sessionLog, () => event.tag(SESSION.status, WireType.Varint).int32(SESSION_START))
  else
    message(event, EVENT.summary, () => {
      for (const value of content.values) message(event, SUMMARY.value, () => writeValue(event, value))
    })
  return event.finish()
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  text(writer, VALUE.tag, value.tag)
  if ('value' in value) {
    writer.tag(VALUE.simpleValue, WireType.Bit32).float(value.value)
    return
  }
  message(writer, VALUE.tensor, () => {
    writer.tag(TENSOR.type, WireType.Varint).int32(STRING_TYPE)
    message(writer, TENSOR.shape, () => {})
    text(writer, TENSOR.stringValue, value.text)
  })
  message(writer, VALUE.metadata, () => message(writer, METADATA.pluginData, () => text(writer, PLUGIN.name, 'text')))
}

function text(writer: BinaryWriter, field: number, content: string): void {
  writer.tag(field, WireType.LengthDelimited).string(content)
}

function message(writer: BinaryWriter, field: number, write: () => unknown): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  write()
  writer.join()
}
