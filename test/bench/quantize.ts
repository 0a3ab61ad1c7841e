/**
 * Time and peak memory of `onnx-quantize` on a made-up model: a table that is also the last product, and 16 matrices.
 *
 *     npm run build
 *     npx tsx test/bench/quantize.ts [--megabytes 150] [--methods dynamic-int8,int8-weights,int4-weights,float16] [--rounds 3]
 *
 * Prints one line of JSON a run. The memory of the process that loads the result to see that it can be stands by itself.
 * With `--keep FOLDER` the model stays there, and the command is printed that measures Python's quantizer on it. Linux
 * only: the figures come from /proc.
 */

import {readdirSync, readFileSync} from 'node:fs'
import {mkdir, mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {execa} from 'execa'
import {GraphBuilder} from '../../src/pipeline/onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../src/pipeline/onnx/onnx-ml_pb.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'

const {values} = parseArgs({
  options: {
    megabytes: {type: 'string', default: '150'},
    methods: {type: 'string', default: 'dynamic-int8,int8-weights,int4-weights,float16'},
    rounds: {type: 'string', default: '3'},
    keep: {type: 'string'},
    tool: {type: 'string', default: fileURLToPath(new URL('../../bin/onnx-quantize.js', import.meta.url))},
  },
})

const WIDTH = 1024
const LAYERS = 16

/** Bytes that look like weights: floats around zero, different everywhere, made as they are asked for. */
const source = (byteLength: number, seed: number) => ({
  byteLength,
  async read(start: number, end: number) {
    const first = Math.floor(start / 4)
    const floats = new Float32Array(Math.ceil(end / 4) - first)
    for (const index of floats.keys()) {
      const value = Math.imul(first + index + seed * 7_919, 2_654_435_761) >>> 0
      floats[index] = (value / 2 ** 32 - 0.5) / 8
    }
    return new Uint8Array(floats.buffer).subarray(start - 4 * first, end - 4 * first)
  },
})

async function makeModel(path: string, megabytes: number): Promise<void> {
  const rows = Math.round((megabytes * 1e6) / 4 / WIDTH) - LAYERS * WIDTH
  const builder = new GraphBuilder('main')
  const ids = builder.input('ids', DataType.INT64, ['batch', 'tokens'])
  const weight = (name: string, height: number, seed: number) =>
    builder.weight(name, DataType.FLOAT, [height, WIDTH], {key: name, source: source(4 * height * WIDTH, seed)})
  const table = weight('table', rows, 0)
  let x = builder.node('Gather', [table, ids])
  for (let layer = 1; layer <= LAYERS; layer++) x = builder.node('MatMul', [x, weight(`layer.${layer}`, WIDTH, layer)])
  const turned = builder.node('Transpose', [table], {attributes: {perm: [1, 0]}})
  builder.output(builder.node('MatMul', [x, turned]), DataType.FLOAT, ['batch', 'tokens', rows], 'logits')
  await writeModel(builder.build({opset: 17}), path)
}

const peakOf = (pid: number): number => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const childrenOf = (pid: number): number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(task =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

interface Peaks {
  tool: number
  check: number
}

async function run(input: string, output: string, method: string) {
  const started = performance.now()
  const tables = method.endsWith('-weights') ? ['--op-types', 'MatMul,Gather'] : []
  const child = execa(process.execPath, [values.tool, input, '--out', output, '--method', method, ...tables], {
    buffer: false,
  })
  const peaks: Peaks = {tool: 0, check: 0}
  const {pid} = child
  const timer = setInterval(() => {
    if (pid === undefined) return
    peaks.tool = Math.max(peaks.tool, peakOf(pid))
    for (const other of childrenOf(pid)) peaks.check = Math.max(peaks.check, peakOf(other))
  }, 10)
  await child.finally(() => clearInterval(timer))
  return {seconds: (performance.now() - started) / 1000, ...peaks}
}

const folder = values.keep === undefined ? await mkdtemp(join(tmpdir(), 'lingulu-bench-')) : resolve(values.keep)
try {
  await mkdir(folder, {recursive: true})
  const input = join(folder, 'model.onnx')
  if ((await stat(input).catch(() => undefined)) === undefined) await makeModel(input, Number(values.megabytes))
  for (const method of values.methods.split(','))
    for (let round = 0; round < Number(values.rounds); round++) {
      const output = join(folder, `${method}.onnx`)
      const {seconds, tool, check} = await run(input, output, method)
      const megabytes = (bytes: number) => Math.round(bytes / 1e6)
      const figures = {
        method,
        seconds: Number(seconds.toFixed(2)),
        peakMB: megabytes(tool),
        loadCheckPeakMB: megabytes(check),
      }
      process.stdout.write(`${JSON.stringify(figures)}\n`)
      for (const name of [output, `${output}_data`]) await rm(name, {force: true})
    }
  if (values.keep !== undefined)
    process.stdout.write(
      `/usr/bin/time -v python -c "from onnxruntime.quantization import quantize_dynamic as q; q('${input}', '${join(folder, 'python.onnx')}', per_channel=True)"\n`,
    )
} finally {
  if (values.keep === undefined) await rm(folder, {recursive: true, force: true})
}
