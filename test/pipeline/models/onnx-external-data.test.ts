import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {externalDataFiles} from '../../../src/pipeline/models/onnx-external-data.js'
import {field, onnxBytes} from './synthetic-model.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-onnx-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

async function read(bytes: Buffer): Promise<readonly string[]> {
  const path = join(home, 'model.onnx')
  await writeFile(path, bytes)
  return await externalDataFiles(path)
}

const text = (number: number, value: string) => field(number, Buffer.from(value))
const tensorAt = (location: string) => field(13, Buffer.concat([text(1, 'location'), text(2, location)]))

test('a model with its weights inside has none', async () => {
  expect(await read(onnxBytes({bytes: 200_000}))).toEqual([])
})

test('an initializer’s file is found', async () => {
  expect(await read(onnxBytes({bytes: 200_000, location: 'weights.bin'}))).toEqual(['weights.bin'])
})

test('files of tensors inside the branches of an If are found, each once', async () => {
  const branch = (location: string) =>
    field(5, Buffer.concat([text(1, 'then'), field(6, field(5, tensorAt(location)))]))
  const node = field(1, Buffer.concat([text(4, 'If'), branch('b'), branch('a'), branch('b')]))
  const constant = field(1, Buffer.concat([text(4, 'Constant'), field(5, field(5, tensorAt('c')))]))
  expect(await read(field(7, Buffer.concat([node, constant])))).toEqual(['a', 'b', 'c'])
})

test('other entries of external data are not taken for files', async () => {
  const entries = Buffer.concat([
    field(13, Buffer.concat([text(1, 'offset'), text(2, '4096')])),
    field(13, Buffer.concat([text(1, 'checksum'), text(2, 'abc')])),
  ])
  expect(await read(field(7, field(5, entries)))).toEqual([])
})

test('a file cut anywhere is either whole to there or refused, never half read in silence', async () => {
  const whole = onnxBytes({bytes: 300, location: 'weights.bin'})
  const ends = new Set([2, 2 + 3 + 300]) // after ir_version, after producer_name
  for (let length = 1; length < whole.length; length++) {
    const outcome = await read(whole.subarray(0, length)).catch((error: unknown) => error)
    if (ends.has(length)) expect(outcome).toEqual([])
    else expect(outcome, `${length} bytes`).toBeInstanceOf(LinguluError)
  }
})

test('damaged files give an answer or a LinguluError', async () => {
  let state = 1
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  for (let round = 0; round < 400; round++) {
    const bytes = Buffer.from(onnxBytes({bytes: 40, location: 'weights.bin'}))
    for (let change = 0; change < 1 + random(4); change++) bytes[random(bytes.length)] = random(256)
    const outcome = await read(bytes).catch((error: unknown) => error)
    if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(LinguluError)
  }
})
