import {toBinary} from '@bufbuild/protobuf'
import type {InferenceSession, Tensor} from 'onnxruntime-node'
import {ModelProtoSchema} from '../../onnx/onnx-ml_pb.js'
import {loadOnnxRuntime, toRuntimeOptions} from '../../runtime/onnx-runtime.js'
import type {Provider} from '../../runtime/session.js'
import {buildGraph} from './graphs.js'
import {Tape} from './tape.js'
import type {Values} from './training-engine.js'
import type {Variable} from './variable.js'

/** What a graph is given: numbers, or what another graph has given. */
export type Feed = Values | Tensor

/** A model without training, or a part of one, on ONNX Runtime. Weights are inputs: it stays open while they change. */
export interface OrtGraph {
  /** @param feeds more than the graph takes may be among them */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}

export interface OrtGraphOptions {
  readonly threads: number
  /** Default: cpu. */
  readonly provider?: Provider | undefined
}

/** @param build gives the outputs by their names */
export async function openOrtGraph(
  build: (tape: Tape) => ReadonlyMap<string, Variable>,
  {threads, provider = 'cpu'}: OrtGraphOptions,
): Promise<OrtGraph> {
  const {model, inputs} = buildGraph('model', build(new Tape({training: false})))
  const runtime = await loadOnnxRuntime()
  const session: InferenceSession = await runtime.InferenceSession.create(
    toBinary(ModelProtoSchema, model.proto),
    toRuntimeOptions({provider, threads}),
  )
  const toTensor = (feed: Feed): Tensor => {
    if (!('values' in feed)) return feed
    const {values, shape} = feed
    return values instanceof Float32Array
      ? new runtime.Tensor('float32', values, shape)
      : new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), shape)
  }
  return {
    async run(feeds) {
      const taken = inputs.map(({name}) => {
        const feed = feeds[name]
        if (feed === undefined) throw new RangeError(`The graph wants ${name}.`)
        return [name, toTensor(feed)] as const
      })
      return session.run(Object.fromEntries(taken))
    },
    close: () => session.release(),
  }
}

/** The numbers of an output. */
export function floatsOf(tensor: Tensor | undefined): Values<Float32Array> {
  if (!(tensor?.data instanceof Float32Array)) throw new RangeError('The graph gives floats there.')
  return {values: tensor.data, shape: tensor.dims}
}
