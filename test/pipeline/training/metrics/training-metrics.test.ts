import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {BinaryReader, WireType} from '@bufbuild/protobuf/wire'
import {expect, test} from 'vitest'
import {maskedCrc32c} from '../../../../src/pipeline/training/metrics/crc32c.js'
import {openTrainingMetrics} from '../../../../src/pipeline/training/metrics/training-metrics.js'
import type {TrainEvent} from '../../../../src/pipeline/training/train-events.js'
import {evaluationEvent, planEvent, runEvents, stepEvent} from '../../../support/training-events.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

async function write(
  folder: string,
  events: readonly TrainEvent[],
  {texts = true, resumedStep = null}: {texts?: boolean; resumedStep?: number | null} = {},
): Promise<void> {
  let seconds = 1.75e9
  const now = () => new Date(seconds++ * 1000)
  const metrics = await openTrainingMetrics(folder, {resumedStep, texts, configuration: {seed: 1}, now})
  for (const event of events) await metrics.record(event)
  await metrics.close()
}

/** The members of a message by their numbers. */
function fieldsOf(bytes: Uint8Array): [number, unknown][] {
  const reader = new BinaryReader(bytes)
  const fields: [number, unknown][] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (type === WireType.Bit64) fields.push([number, reader.double()])
    else if (type === WireType.Bit32) fields.push([number, reader.float()])
    else if (type === WireType.Varint) fields.push([number, Number(reader.int64())])
    else fields.push([number, reader.bytes()])
  }
  return fields
}

const field = (bytes: unknown, number: number): unknown =>
  fieldsOf(bytes as Uint8Array).find(([found]) => found === number)?.[1]

/** `[step, tag, value]` of every point, and the steps of starts. */
async function readBoard(folder: string) {
  const points: [number, string, number][] = []
  const starts: number[] = []
  const names = (await readdir(join(folder, 'tensorboard'))).sort()
  for (const name of names) {
    const file = await readFile(join(folder, 'tensorboard', name))
    for (let at = 0; at < file.length; ) {
      const length = Number(file.readBigUInt64LE(at))
      const event = file.subarray(at + 12, at + 12 + length)
      expect(file.readUInt32LE(at + 8)).toBe(maskedCrc32c(file.subarray(at, at + 8)))
      expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(event))
      at += length + 16
      const step = Number(field(event, 2) ?? 0)
      if (field(event, 7) !== undefined) starts.push(step)
      for (const [number, value] of fieldsOf((field(event, 5) as Uint8Array | undefined) ?? new Uint8Array())) {
        expect(number).toBe(1)
        const tag = Buffer.from(field(value, 1) as Uint8Array).toString()
        if (field(value, 2) !== undefined) points.push([step, tag, Number(field(value, 2))])
      }
    }
  }
  return {names, points, starts}
}

test('TensorBoard gets a point for each number of steps and evaluations', async () => {
  const folder = await temporaryFolder()
  await write(folder, [planEvent(), stepEvent(10, {gradientNorm: null}), evaluationEvent(10, 0.5)])
  const {names, points, starts} = await readBoard(folder)
  expect(names).toEqual([`events.out.tfevents.1750000000.lingulu.${process.pid}.0`])
  expect(starts).toEqual([0])
  expect(points.map(([step, tag, value]) => [step, tag, Number(value.toPrecision(6))])).toEqual([
    [10, 'train/loss', 10],
    [10, 'train/loss/characters', 6],
    [10, 'train/loss/phones', 4],
    [10, 'train/learning_rate', 0.002],
    [10, 'train/epoch', 0.2],
    [10, 'train/frames_per_second', 12345],
    [10, 'train/audio_seconds_per_second', 123.45],
    [10, 'eval/digits-dev/wer', 0.5],
    [10, 'eval/digits-dev/cer', 0.25],
    [10, 'eval/digits-dev/loss', 1],
  ])
})

test('a resumed run begins another file, which takes back what came after the checkpoint', async () => {
  const folder = await temporaryFolder()
  await write(folder, [stepEvent(10), stepEvent(20)])
  await write(folder, [stepEvent(20)], {resumedStep: 10})
  const {names, starts} = await readBoard(folder)
  // Both began in the same second.
  expect(names.map(name => name.at(-1))).toEqual(['0', '1'])
  expect(starts).toEqual([0, 11])
})

test('without leave to keep texts there are none in any file', async () => {
  const [kept, dropped] = [await temporaryFolder(), await temporaryFolder()]
  await write(kept, runEvents)
  await write(dropped, runEvents, {texts: false})
  const log = (folder: string) => readFile(join(folder, 'metrics.jsonl'), 'utf8')
  expect(await log(kept)).toContain('fove two')
  expect(await log(dropped)).not.toMatch(/fove|five/)
  expect((await log(dropped)).split('\n')).toHaveLength(runEvents.length + 1)
})
