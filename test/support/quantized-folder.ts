import {cp} from 'node:fs/promises'
import {join} from 'node:path'
import type {Model} from '../../src/pipeline/onnx/model.js'
import {quantizeBlockWeights} from '../../src/pipeline/onnx/quantize/block-weights.js'
import type {QuantizedNode} from '../../src/pipeline/onnx/quantize/dynamic.js'
import {readModel} from '../../src/pipeline/onnx/read-model.js'
import {writeModel} from '../../src/pipeline/onnx/write-model.js'
import {graphFiles} from '../../src/pipeline/quantize/graph-files.js'

type Selection = {readonly include?: readonly string[]; readonly exclude?: readonly string[]}

/** Four-bit weights in every product and table: coarse enough to break small models. */
export async function toFourBits(model: Model, selection: Selection = {}) {
  const opTypes = ['MatMul', 'Gemm', 'Gather']
  return await quantizeBlockWeights(model, {bits: 4, opTypes, ...selection})
}

/** A model folder whose graphs have four-bit weights, but for the nodes named. */
export async function fourBitFolder(source: string, target: string, floatNodes: readonly string[] = []) {
  await cp(source, target, {recursive: true, filter: path => !/\.(?:onnx|onnx_data|safetensors)$/.test(path)})
  for (const {path} of await graphFiles(source)) {
    const {model} = await toFourBits(await readModel(path), {exclude: floatNodes})
    const made = join(target, path.slice(source.length).replace('.onnx', '_q4.onnx'))
    await writeModel(model, made, {externalDataBytes: 0})
  }
  return target
}

/** One graph with four-bit weights in these nodes only. */
export async function fourBitNodes(source: string, nodes: readonly string[], target: string): Promise<void> {
  const {model} = await toFourBits(await readModel(source), {include: nodes})
  await writeModel(model, target)
}

/** The nodes that would get four-bit weights, by graph. */
export async function fourBitCandidates(source: string): Promise<Map<string, readonly QuantizedNode[]>> {
  const nodes = new Map<string, readonly QuantizedNode[]>()
  for (const {graph, path} of await graphFiles(source))
    nodes.set(graph, (await toFourBits(await readModel(path))).nodes)
  return nodes
}
