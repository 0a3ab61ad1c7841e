import {createHash} from 'node:crypto'
import {copyFile, mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {openModelSource} from '../../../src/pipeline/models/model-source.js'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {writeModel} from '../../../src/pipeline/onnx/write-model.js'
import type {ToolDone} from '../../../src/pipeline/tools/tool-events.js'
import {type FileTransform, transformFolder} from '../../../src/pipeline/tools/transform-folder.js'
import {noise} from '../../support/onnx-models.js'
import {readTree, temporaryFolder} from '../transcripts/temporary-folder.js'

/** A folder with a Whisper of two products and no sense. */
async function modelFolder(): Promise<string> {
  const folder = join(await temporaryFolder(), 'from')
  for (const [file, externalDataBytes] of [
    ['encoder_model', 0],
    ['decoder_model_merged', 1e9],
  ] as const) {
    const builder = new GraphBuilder('main')
    const x = builder.input('x', DataType.FLOAT, ['n', 64])
    const source = memorySource(new Uint8Array(noise(64 * 32).buffer))
    const w = builder.weight('w', DataType.FLOAT, [64, 32], {key: 'w', source})
    builder.output(builder.node('MatMul', [x, w]), DataType.FLOAT, ['n', 32], 'y')
    await writeModel(builder.build({opset: 17}), join(folder, `onnx/${file}.onnx`), {externalDataBytes})
  }
  const others = ['config.json', 'tokenizer.json', 'LICENSE', 'lingulu.json', 'model.safetensors', 'trainer_state.json']
  for (const name of others) await writeFile(join(folder, name), name)
  return folder
}

const done = (files: readonly string[]): ToolDone => ({type: 'done', files: [...files], bytes: 1, sourceBytes: 10})

async function copy({source, target}: FileTransform): Promise<ToolDone> {
  await copyFile(source, target)
  return done([target])
}

async function make(
  from: string,
  to: string,
  transform: (file: FileTransform) => Promise<ToolDone>,
  {signal, finish}: {signal?: AbortSignal; finish?: (draft: string) => Promise<string[]>} = {},
) {
  const source = await openModelSource(from, 'auto')
  const rename = (name: string) => name.replace('.onnx', '_new.onnx')
  const options = {how: 'much'}
  return await transformFolder({
    ...{from, to, source, precision: 'auto', format: 'lingulu-optimize', options, rename, transform},
    ...{signal, finish},
  })
}

const sha256 = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

test('the new folder has the changed models, what belongs beside them, and tells how it was made', async () => {
  const from = await modelFolder()
  const before = await readTree(from)
  const to = join(from, '../deep/made')
  const finish = async (draft: string) => {
    await writeFile(join(draft, 'report.md'), 'fine')
    return ['report.md']
  }
  const made = await make(from, to, copy, {finish})
  const bytes = async (folder: string, ...names: string[]) =>
    (await Promise.all(names.map(async name => (await stat(join(folder, 'onnx', name))).size))).reduce((a, b) => a + b)
  expect(made).toMatchObject({
    folder: to,
    sourceBytes: await bytes(from, 'encoder_model.onnx', 'encoder_model.onnx_data', 'decoder_model_merged.onnx'),
    targetBytes: await bytes(to, 'encoder_model_new.onnx', 'decoder_model_merged_new.onnx'),
  })
  const files = ['LICENSE', 'config.json', 'tokenizer.json', 'report.md']
  const models = ['onnx/encoder_model_new.onnx', 'onnx/decoder_model_merged_new.onnx']
  expect(Object.keys(await readTree(to)).sort()).toEqual(['lingulu.json', ...files, ...models].sort())
  const record = JSON.parse(await readFile(join(to, 'lingulu.json'), 'utf8'))
  expect(record).toMatchObject({
    format: 'lingulu-optimize',
    source: {
      name: 'from',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      files: [
        {path: 'onnx/encoder_model.onnx', sha256: await sha256(join(from, 'onnx/encoder_model.onnx'))},
        {path: 'onnx/decoder_model_merged.onnx'},
        {path: 'onnx/encoder_model.onnx_data'},
      ],
    },
    options: {how: 'much'},
  })
  const paths = record.files.map((file: {path: string}) => file.path)
  expect(paths.sort()).toEqual([...files, ...models].sort())
  expect(await readTree(from)).toEqual(before)
})

const half = async ({target}: FileTransform) => await writeFile(target, 'half')

test.each<[string, (file: FileTransform, controller: AbortController) => Promise<ToolDone>, string]>([
  [
    'a failure in the middle',
    async file => {
      await half(file)
      throw new Error('no more')
    },
    'no more',
  ],
  [
    'an abort',
    async (file, controller) => {
      controller.abort(new Error('enough'))
      return await copy(file)
    },
    'enough',
  ],
  [
    'someone else’s folder that appears meanwhile',
    async file => {
      await mkdir(join(file.target, '../../../made'), {recursive: true})
      return await copy(file)
    },
    'is there already',
  ],
])('%s leaves no draft', async (what, transform, message) => {
  const from = await modelFolder()
  const parent = join(from, '../parent')
  await mkdir(parent)
  const controller = new AbortController()
  const making = make(from, join(parent, 'made'), file => transform(file, controller), {signal: controller.signal})
  await expect(making).rejects.toThrow(message)
  expect(await readdir(parent)).toEqual(what.startsWith('someone') ? ['made'] : [])
})

test('a folder that is there is refused before anything is done', async () => {
  const from = await modelFolder()
  await expect(make(from, from, () => Promise.reject(new Error('worked')))).rejects.toMatchObject({
    code: 'OUTPUT_EXISTS',
  })
})
