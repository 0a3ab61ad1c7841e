import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readSafetensors} from '../../../src/pipeline/export/safetensors-read.js'
import {type NewTensor, writeSafetensors} from '../../../src/pipeline/export/safetensors-write.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {goldenCheckpoint} from '../../support/export.js'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-safetensors-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

/** A file with this header and so many bytes after it. */
async function fileWith(header: unknown, dataBytes: number): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.byteLength))
  const path = join(home, 'made.safetensors')
  await writeFile(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
  return path
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('what is no whole safetensors file is refused', () => {
  test.each([
    ['a tensor that ends after the file', {a: entry(0, 16)}, 8, /its tensors have 16 bytes, the file has 8/],
    ['bytes after the last tensor', {a: entry(0, 8)}, 12, /its tensors have 8 bytes, the file has 12/],
    ['tensors that overlap', {a: entry(0, 8), b: entry(4, 12)}, 12, /"b" overlaps the one before it/],
    ['a gap', {a: entry(0, 4), b: entry(8, 12)}, 12, /"b" leaves a gap before it/],
    ['a shape of other bytes', {a: entry(0, 8, [3])}, 8, /"a" of type F32 and shape \[3\] needs 12 bytes, not 8/],
    ['a shape beyond all numbers', {a: entry(0, 8, [2 ** 40, 2 ** 40])}, 8, /"a" of type F32/],
    ['offsets backwards', {a: entry(8, 0, [2])}, 8, /needs 8 bytes, not -8/],
    ['a negative size', {a: entry(0, 8, [-2])}, 8, /"a":/],
    ['an unknown type', {a: entry(0, 8, [2], 'F31')}, 8, /"a" has the unknown type "F31"/],
    ['a type of every object', {a: entry(0, 8, [2], 'toString')}, 8, /"a" has the unknown type "toString"/],
    ['an unknown field', {a: {...entry(0, 8), scale: 1}}, 8, /"a":/],
    ['metadata that are no texts', {__metadata__: {a: 1}}, 0, /its __metadata__ is not texts/],
    ['a header that is a list', '[1]', 0, /its header is not a JSON object/],
    ['a header cut short', '{"a":', 0, /its header is not a JSON object/],
  ])('%s', async (_, header, dataBytes, message) => {
    await expect(readSafetensors(await fileWith(header, dataBytes))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['an empty file', Buffer.alloc(0), /it has 0 bytes/],
    ['a header larger than the format allows', Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]), /would have 4294967296 bytes/],
    ['a header longer than the file', Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 123]), /its header ends at byte 17 of 9/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0'), /Git LFS pointer/],
  ])('%s', async (_, bytes, message) => {
    const path = join(home, 'made.safetensors')
    await writeFile(path, bytes)
    await expect(readSafetensors(path)).rejects.toThrow(message)
  })

  test('a file that is not there', async () => {
    await expect(readSafetensors(join(home, 'none'))).rejects.toMatchObject({code: 'INPUT_MISSING'})
  })
})

test('reads what the reference implementation has written', async () => {
  const {metadata, tensors} = await readSafetensors(join(goldenCheckpoint('whisper-bf16'), 'model.safetensors'))
  expect(metadata).toEqual({format: 'pt'})
  expect(tensors.get('model.encoder.conv1.weight')).toMatchObject({type: 'BF16', shape: [12, 12, 3]})
})

test('writes byte for byte what the reference implementation writes, but for the order of its metadata', async () => {
  const original = join(goldenCheckpoint('whisper-a'), 'model.safetensors')
  const {tensors} = await readSafetensors(original)
  const copy = join(home, 'copy.safetensors')
  await writeSafetensors(copy, [...tensors.values()].reverse())
  expect((await readFile(copy)).equals(await readFile(original))).toBe(true)
})

const floats = (name: string, values: number[]): NewTensor => ({
  name,
  type: 'F32',
  shape: [values.length],
  source: memorySource(new Uint8Array(Float32Array.from(values).buffer)),
})

describe('writing', () => {
  test('keeps names, values and metadata of tensors of several types', async () => {
    const path = join(home, 'mixed.safetensors')
    const bytes: NewTensor = {name: 'ü', type: 'U8', shape: [3], source: memorySource(Uint8Array.of(1, 2, 3))}
    const none: NewTensor = {name: 'none', type: 'F16', shape: [0, 2], source: memorySource(new Uint8Array(0))}
    await writeSafetensors(path, [bytes, none, floats('a', [1, -2])], {metadata: {step: '7'}})
    const {tensors, metadata} = await readSafetensors(path)
    expect(metadata).toEqual({step: '7'})
    expect([...tensors.keys()]).toEqual(['a', 'none', 'ü'])
    expect([...(await tensors.get('ü')!.source.read(1, 3))]).toEqual([2, 3])
    expect(new Float32Array((await tensors.get('a')!.source.read(0, 8)).buffer)).toEqual(Float32Array.of(1, -2))
  })

  test('refuses a file that is there, and replaces it where that is asked for', async () => {
    const path = join(home, 'there.safetensors')
    await writeSafetensors(path, [floats('a', [1])])
    await expect(writeSafetensors(path, [floats('b', [1])])).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
    await writeSafetensors(path, [floats('b', [1])], {overwrite: true})
    expect([...(await readSafetensors(path)).tensors.keys()]).toEqual(['b'])
  })

  test('leaves nothing behind when it is interrupted', async () => {
    const folder = join(home, 'interrupted')
    const signal = AbortSignal.abort(new Error('stop'))
    const path = join(folder, 'a.safetensors')
    await expect(writeSafetensors(path, [floats('a', [1])], {signal})).rejects.toThrow('stop')
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    ['two tensors of one name', [floats('a', [1]), floats('a', [2])]],
    ['a shape that is not that of the bytes', [{...floats('a', [1]), shape: [2]}]],
  ])('refuses %s', async (_, tensors) => {
    await expect(writeSafetensors(join(home, 'wrong.safetensors'), tensors)).rejects.toThrow(RangeError)
  })
})
