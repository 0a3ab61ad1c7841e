import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {crc32c, maskedCrc32c} from '../../../../src/pipeline/training/metrics/crc32c.js'
import {type EventContent, encodeEventRecord} from '../../../../src/pipeline/training/metrics/event-record.js'

const golden: {
  readonly records: readonly string[]
  readonly checks: readonly {readonly text: string; readonly crc: number; readonly masked: number}[]
} = JSON.parse(readFileSync(new URL('../../../data/training-reference/metrics/events.json', import.meta.url), 'utf8'))

const bytes = (of: (index: number) => number) => Uint8Array.from({length: 32}, (_, index) => of(index))

// RFC 3720, appendix B.4; there the bytes of the CRC stand in reverse.
test.each([
  ['32 zeros', bytes(() => 0), 0x8a9136aa],
  ['32 ones', bytes(() => 0xff), 0x62a8ab43],
  ['rising', bytes(index => index), 0x46dd794e],
  ['falling', bytes(index => 31 - index), 0x113fdb5c],
])('the CRC-32C of the standard: %s', (_, data, crc) => {
  expect(crc32c(data)).toBe(crc)
})

test.each(golden.checks)("the CRC of $text, plain and masked, is TensorBoard's", ({text, crc, masked}) => {
  expect([crc32c(Buffer.from(text)), maskedCrc32c(Buffer.from(text))]).toEqual([crc, masked])
})

const EVENTS: readonly (readonly [title: string, content: EventContent, seconds: number])[] = [
  ['the version', {kind: 'version', writer: 'lingulu 0.1.0'}, 0.25],
  ['a start', {kind: 'start', step: 0}, 0.5],
  ['a start after a resume', {kind: 'start', step: 301}, 0.5],
  ['a text', {kind: 'summary', step: 0, values: [{tag: 'configuration', text: '```json\n{"größe": 1}\n```'}]}, 1],
  [
    'points',
    {
      kind: 'summary',
      step: 300,
      values: [
        {tag: 'train/loss', value: 3.7},
        {tag: 'train/learning_rate', value: 1e-7},
      ],
    },
    2.125,
  ],
  [
    'a point of 0 at a step beyond 32 bits',
    {kind: 'summary', step: 5e9, values: [{tag: 'eval/dev-clean/wer', value: 0}]},
    3,
  ],
]

test.each(EVENTS.map((event, index) => [...event, golden.records[index]] as const))(
  "the record of %s has the bytes of TensorBoard's writer",
  (_, content, seconds, record) => {
    expect(Buffer.from(encodeEventRecord(content, 1.75e9 + seconds)).toString('base64')).toBe(record)
  },
)

test('every record of the reference is compared', () => {
  expect(EVENTS).toHaveLength(golden.records.length)
})
