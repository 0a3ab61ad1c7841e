import {copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readSafetensors} from '../../../src/pipeline/export/safetensors-read.js'
import {type NewTensor, writeSafetensors} from '../../../src/pipeline/export/safetensors-write.js'
import {exportModel} from '../../../src/pipeline/export-model.js'
import {externalDataFiles} from '../../../src/pipeline/models/onnx-external-data.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {readModel} from '../../../src/pipeline/onnx/read-model.js'
import {exportAll, goldenCheckpoint} from '../../support/export.js'

let home: string
let count = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lingulu-export-'))
})
afterAll(async () => await rm(home, {recursive: true, force: true}))

const place = () => join(home, `place-${count++}`)

/** A copy of a checkpoint that may be spoilt. */
async function copyOf(name: string): Promise<string> {
  const folder = place()
  await cp(goldenCheckpoint(name), folder, {recursive: true})
  return folder
}

/** Writes its weights anew, each changed; undefined leaves one out. */
async function changeWeights(folder: string, change: (tensor: NewTensor) => NewTensor | undefined): Promise<void> {
  const path = join(folder, 'model.safetensors')
  const changed = [...(await readSafetensors(path)).tensors.values()].map(change).filter(tensor => tensor !== undefined)
  const whole = await Promise.all(
    changed.map(async tensor => ({
      ...tensor,
      source: memorySource(await tensor.source.read(0, tensor.source.byteLength)),
    })),
  )
  await writeSafetensors(path, whole, {overwrite: true})
}

async function changeConfig(folder: string, change: object): Promise<void> {
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify({...JSON.parse(await readFile(path, 'utf8')), ...change}))
}

const FC1 = 'model.encoder.layers.0.fc1.weight'

describe('a checkpoint that cannot be exported is refused with what is wrong', () => {
  test.each([
    [
      'a tensor is missing',
      (folder: string) => changeWeights(folder, tensor => (tensor.name === FC1 ? undefined : tensor)),
      /has no tensor "model\.encoder\.layers\.0\.fc1\.weight" \(\[24, 12\]\)/,
    ],
    [
      'a tensor has another shape',
      (folder: string) => changeConfig(folder, {encoder_ffn_dim: 25}),
      /"model\.encoder\.layers\.0\.fc1\.weight" has the shape \[24, 12\], not \[25, 12\]/,
    ],
    [
      'a weight is not a number',
      (folder: string) =>
        changeWeights(folder, tensor => {
          if (tensor.name !== FC1) return tensor
          const values = new Float32Array(24 * 12)
          values[17] = Number.NaN
          return {...tensor, source: memorySource(new Uint8Array(values.buffer))}
        }),
      /"model\.encoder\.layers\.0\.fc1\.weight" of shape \[24, 12\] has NaN at element 17/,
    ],
    [
      'weights are integers',
      (folder: string) =>
        changeWeights(folder, tensor =>
          tensor.name === FC1 ? {...tensor, type: 'I8', source: memorySource(new Uint8Array(24 * 12))} : tensor,
        ),
      /fc1\.weight" is of type I8/,
    ],
    [
      'the architecture is unknown',
      (folder: string) => changeConfig(folder, {architectures: ['Speech2TextModel']}),
      /describes a Speech2TextModel, which lingulu does not export/,
    ],
    [
      'no architecture is named',
      (folder: string) => changeConfig(folder, {architectures: null}),
      /names no architecture/,
    ],
    [
      'the activation is unknown',
      (folder: string) => changeConfig(folder, {activation_function: 'laplace'}),
      /activation_function/,
    ],
    [
      'heads do not divide the width',
      (folder: string) => changeConfig(folder, {encoder_attention_heads: 5}),
      /no multiple/,
    ],
    ['there is no config.json', (folder: string) => rm(join(folder, 'config.json')), /has no config\.json/],
    [
      'its config.json is broken',
      (folder: string) => writeFile(join(folder, 'config.json'), '{"architectures": ["Whisper'),
      /config\.json is not JSON/,
    ],
    [
      'a size in config.json is a text',
      (folder: string) => changeConfig(folder, {d_model: 'twelve'}),
      /config\.json\n.*expected number.*\n.*d_model/,
    ],
    [
      'its weights are cut short',
      async (folder: string) => {
        const path = join(folder, 'model.safetensors')
        await writeFile(path, (await readFile(path)).subarray(0, -100))
      },
      /model\.safetensors is not a whole safetensors file/,
    ],
    [
      'its weights are cut short in the header',
      async (folder: string) => {
        const path = join(folder, 'model.safetensors')
        await writeFile(path, (await readFile(path)).subarray(0, 300))
      },
      /its header ends at byte \d+ of 300/,
    ],
    ['there are no weights', (folder: string) => rm(join(folder, 'model.safetensors')), /has no model\.safetensors/],
    [
      'its weights are a pickle',
      async (folder: string) => {
        await rm(join(folder, 'model.safetensors'))
        await writeFile(join(folder, 'pytorch_model.bin'), 'PK')
      },
      /pytorch_model\.bin holds its weights as a Python pickle/,
    ],
    [
      'its weights are ONNX, beside a language model',
      async (folder: string) => {
        await rm(join(folder, 'model.safetensors'))
        await mkdir(join(folder, 'onnx'))
        await writeFile(join(folder, 'onnx/model.onnx'), '')
        await writeFile(join(folder, 'lm.bin'), '')
      },
      /has no model\.safetensors/,
    ],
  ])('%s', async (_, spoil, message) => {
    const folder = await copyOf('whisper-a')
    await spoil(folder)
    const parent = place()
    await mkdir(parent)
    for (const layout of ['fused', 'huggingface'] as const)
      await expect(exportAll({checkpoint: folder, out: join(parent, 'out'), layout})).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: expect.stringMatching(message),
      })
    expect(await readdir(parent)).toEqual([])
  })

  test.each([
    ['a pickle', 'model.pt', /runs code/],
    ['a pickle of a trainer', 'last.ckpt', /runs code/],
    ['a pickle', 'pytorch_model.bin', /runs code/],
  ])('%s (%s) is refused with a line that converts it', async (_, name, message) => {
    const path = join(home, name)
    await writeFile(path, '')
    await expect(exportAll({checkpoint: path, out: place()})).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/python -c .*safetensors/),
    })
  })

  test('it is not there', async () => {
    await expect(exportAll({checkpoint: place(), out: place()})).rejects.toMatchObject({code: 'MODEL_MISSING'})
  })
})

describe('the folder', () => {
  test('is never written where something is already', async () => {
    const out = place()
    await mkdir(out)
    await expect(exportAll({checkpoint: goldenCheckpoint('hubert'), out})).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
    })
    expect(await readdir(out)).toEqual([])
  })

  test('has the graphs, the companions as they were, and where they come from', async () => {
    const checkpoint = await copyOf('hubert')
    await rm(join(checkpoint, 'expected.json'))
    await writeFile(join(checkpoint, 'vocab.json'), '{"a": 1}')
    await writeFile(join(checkpoint, 'trainer_state.json'), '{}')
    const out = place()
    const events = await exportAll({checkpoint, out})
    expect((await readdir(out)).sort()).toEqual(['config.json', 'lingulu.json', 'onnx', 'vocab.json'])
    expect(await readFile(join(out, 'vocab.json'), 'utf8')).toBe('{"a": 1}')
    const provenance = JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))
    expect(provenance).toMatchObject({
      format: 'lingulu-export',
      architecture: 'HubertForCTC',
      options: {layout: 'fused', precision: 'fp32', opset: 17},
      source: {weights: [{path: 'model.safetensors', sha256: expect.stringMatching(/^[0-9a-f]{64}$/)}]},
    })
    expect(provenance.files.map(({path}: {path: string}) => path)).toEqual([
      'onnx/model.onnx',
      'config.json',
      'vocab.json',
    ])
    expect(events.at(-1)).toMatchObject({type: 'done', folder: out, provenance})
  })

  test('is the same when it is made again', async () => {
    const folders = [place(), place()]
    for (const out of folders) await exportAll({checkpoint: goldenCheckpoint('hubert'), out})
    const [first, second] = await Promise.all(folders.map(out => readFile(join(out, 'lingulu.json'), 'utf8')))
    expect(first).toBe(second)
  })

  test('is the same from shards', async () => {
    const sharded = place()
    await mkdir(sharded)
    await copyFile(join(goldenCheckpoint('hubert'), 'config.json'), join(sharded, 'config.json'))
    const {tensors} = await readSafetensors(join(goldenCheckpoint('hubert'), 'model.safetensors'))
    const all = [...tensors.values()]
    const parts = {'model-1.safetensors': all.slice(0, 9), 'model-2.safetensors': all.slice(9)}
    const entries = Object.entries(parts).flatMap(([file, part]) => part.map(({name}) => [name, file]))
    for (const [file, part] of Object.entries(parts)) await writeSafetensors(join(sharded, file), part)
    const index = join(sharded, 'model.safetensors.index.json')
    await writeFile(index, JSON.stringify({weight_map: Object.fromEntries(entries)}))
    const [whole, joined] = [place(), place()]
    await exportAll({checkpoint: goldenCheckpoint('hubert'), out: whole})
    await exportAll({checkpoint: sharded, out: joined})
    const read = (out: string) => readFile(join(out, 'onnx/model.onnx'))
    expect((await read(joined)).equals(await read(whole))).toBe(true)

    await writeFile(index, JSON.stringify({weight_map: {a: '../outside.safetensors'}}))
    await expect(exportAll({checkpoint: sharded, out: place()})).rejects.toMatchObject({code: 'MODEL_INVALID'})
  })

  test('has no trace of an export that was interrupted', async () => {
    const parent = place()
    await mkdir(parent)
    const controller = new AbortController()
    const options = {checkpoint: goldenCheckpoint('whisper-a'), out: join(parent, 'out')}
    const events = exportModel(options, {signal: controller.signal})
    await expect(
      (async () => {
        for await (const event of events) if (event.type === 'plan') controller.abort(new Error('stop'))
      })(),
    ).rejects.toThrow('stop')
    expect(await readdir(parent)).toEqual([])
  })
})

describe('Whisper', () => {
  test.each([
    ['fused', ['decoder_fused', 'encoder_fused']],
    ['huggingface', ['decoder_model', 'decoder_model_merged', 'decoder_with_past_model', 'encoder_model']],
    ['split', ['decoder_model', 'decoder_with_past_model', 'encoder_model']],
  ] as const)('has the files of the layout %s', async (layout, stems) => {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out, layout, precision: 'fp16'})
    const found = (await readdir(join(out, 'onnx'))).filter(name => name.endsWith('.onnx'))
    expect(found.sort()).toEqual(stems.map(stem => `${stem}_fp16.onnx`))
  })

  test('keeps its embedding once, for both branches and for the logits', async () => {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out, layout: 'huggingface'})
    const {proto} = await readModel(join(out, 'onnx/decoder_model_merged.onnx'))
    const large = proto.graph!.initializer.filter(({dims}) => dims.join() === '40,12')
    expect(large.map(({name}) => name)).toEqual(['model.decoder.embed_tokens.weight'])
    const branches = proto.graph!.node.flatMap(({attribute}) => attribute.map(({g}) => g!))
    expect(branches.map(({initializer}) => initializer.length)).toEqual([0, 0])
  })

  test.each([
    ['the merged decoder is whole where that is possible', undefined, 'decoder_model.onnx_data', false],
    ['all decoders share them where it is not', 10_000, 'decoder_model_merged.onnx_data', true],
  ])('stores weights once: %s', async (_, externalDataBytes, shared, isMergedBeside) => {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out, layout: 'huggingface', externalDataBytes})
    const data = (await readdir(join(out, 'onnx'))).filter(name => name.endsWith('.onnx_data'))
    expect(data.filter(name => name.startsWith('decoder'))).toEqual([shared])
    for (const stem of ['decoder_model', 'decoder_with_past_model', 'decoder_model_merged'])
      expect(await externalDataFiles(join(out, `onnx/${stem}.onnx`))).toEqual(
        stem === 'decoder_model_merged' && !isMergedBeside ? [] : [shared],
      )
  })

  test.each([
    ['huggingface', 'decoder_model_merged'],
    ['split', 'decoder_model'],
  ] as const)('gives no cross-attention where it is not wanted, as %s', async (layout, stem) => {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out, layout, crossAttentions: false})
    const {proto} = await readModel(join(out, `onnx/${stem}.onnx`))
    const names = proto.graph!.output.map(({name}) => name)
    expect(names).toContain('present.1.encoder.value')
    expect(names.filter(name => name.startsWith('cross'))).toEqual([])
  })

  test('keeps large weights beside the graph', async () => {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('whisper-a'), out, externalDataBytes: 10_000})
    expect(await readdir(join(out, 'onnx'))).toContain('decoder_fused.onnx_data')
    const {files} = JSON.parse(await readFile(join(out, 'lingulu.json'), 'utf8'))
    expect(files.map(({path}: {path: string}) => path)).toContain('onnx/decoder_fused.onnx_data')
  })

  test('says which tensors were left out and what is missing for transcribing', async () => {
    const checkpoint = await copyOf('whisper-a')
    const path = join(checkpoint, 'model.safetensors')
    const {tensors} = await readSafetensors(path)
    const extra = [...tensors.values()].map(tensor => ({...tensor, name: `ema.${tensor.name}`})).slice(0, 1)
    const copy = `${path}.new`
    await writeSafetensors(copy, [...tensors.values(), ...extra])
    await copyFile(copy, path)
    const events = await exportAll({checkpoint, out: place()})
    const notes = events.flatMap(event => (event.type === 'note' ? [event.message] : []))
    expect(notes).toEqual([expect.stringMatching(/left out: ema\./), expect.stringMatching(/has no tokenizer\.json/)])
  })
})

test.each([
  ['a layout that a model does not have', 'hubert', {layout: 'split'}, /has no layout split/],
  ['no cross-attention where it is in the graph', 'whisper-a', {crossAttentions: false}, /fused has no graph without/],
] as const)('%s is refused', async (_, name, options, message) => {
  const out = place()
  await expect(exportAll({checkpoint: goldenCheckpoint(name), out, ...options})).rejects.toMatchObject({
    code: 'OPTION_UNSUPPORTED',
    message: expect.stringMatching(message),
  })
})

test('only the layout fused has operators that are not of ONNX itself', async () => {
  for (const layout of ['fused', 'huggingface'] as const) {
    const out = place()
    await exportAll({checkpoint: goldenCheckpoint('hubert'), out, layout})
    const {proto} = await readModel(join(out, 'onnx/model.onnx'))
    const domains = proto.opsetImport.map(({domain}) => domain)
    expect(domains).toEqual(layout === 'fused' ? ['', 'com.microsoft'] : [''])
    expect(proto.graph!.node.some(({opType}) => opType === 'MultiHeadAttention')).toBe(layout === 'fused')
  }
})

test('the opset is one that the graphs were checked with', async () => {
  const options = {checkpoint: goldenCheckpoint('hubert'), out: place(), opset: 16}
  await expect(exportAll(options)).rejects.toMatchObject({code: 'USAGE'})
})
