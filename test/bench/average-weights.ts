/**
 * The mean of the weights of models that went on from the same one (Wortsman et al., Model soups, arXiv:2203.05482):
 *
 *     npx tsx test/bench/average-weights.ts <out folder> <model folder>…
 *
 * Folders are those that a training wrote. All but the weights is the first one's; what a run needs to be resumed is left out.
 */
import {cp} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {writeSafetensors} from '../../src/pipeline/export/safetensors-write.js'
import {memorySource} from '../../src/pipeline/onnx/model.js'
import {STATE_FILE, VECTORS_FILE} from '../../src/pipeline/training/checkpoint/checkpoint-files.js'
import {readWeights} from '../../src/pipeline/training/tasks/read-weights.js'

const FILE = 'model.safetensors'
const NOT_COPIED: ReadonlySet<string> = new Set([FILE, STATE_FILE, VECTORS_FILE])
const [out = '', ...folders] = process.argv.slice(2)
const models = await Promise.all(folders.map(folder => readWeights(join(folder, FILE))))
const [first] = models
if (first === undefined) throw new Error('Name the models.')
await cp(folders[0] as string, out, {recursive: true, filter: path => !NOT_COPIED.has(basename(path))})
const tensors = [...first].map(([name, {shape, values}]) => {
  const sum = new Float64Array(values.length)
  for (const model of models) {
    const same = model.get(name)
    if (same?.shape.join() !== shape.join()) throw new Error(`${name} is not the same in all models.`)
    for (const [index, value] of same.values.entries()) sum[index] = (sum[index] as number) + value
  }
  const mean = Float32Array.from(sum, value => value / models.length)
  return {name, type: 'F32' as const, shape, source: memorySource(new Uint8Array(mean.buffer))}
})
await writeSafetensors(join(out, FILE), tensors)
