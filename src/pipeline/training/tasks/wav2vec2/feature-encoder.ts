import {toBinary} from '@bufbuild/protobuf'
import type {Checkpoint} from '../../../export/checkpoint.js'
import {GraphWeights} from '../../../export/graph-weights.js'
import type {Wav2Vec2Config} from '../../../export/wav2vec2/config.js'
import {convolutionalFeatures} from '../../../export/wav2vec2/feature-extractor.js'
import {GraphBuilder} from '../../../onnx/graph-builder.js'
import type {Model} from '../../../onnx/model.js'
import {weightKey} from '../../../onnx/model.js'
import {
  TensorProto_DataType as DataType,
  TensorProto_DataLocation as Location,
  type ModelProto,
  ModelProtoSchema,
} from '../../../onnx/onnx-ml_pb.js'
import {loadOnnxRuntime, toRuntimeOptions} from '../../../runtime/onnx-runtime.js'
import type {Provider} from '../../../runtime/session.js'
import type {Values} from '../../engine/training-engine.js'

/** The convolutions over samples. Training leaves them alone, so they run by themselves and nothing of them is kept. */
export interface FeatureEncoder {
  /** Samples of one recording → [frames, channels]. */
  encode(samples: Float32Array): Promise<Values<Float32Array>>
  close(): Promise<void>
}

export interface FeatureEncoderOptions {
  readonly threads: number
  /** Default: cpu. */
  readonly provider?: Provider | undefined
}

export async function openFeatureEncoder(
  config: Wav2Vec2Config,
  checkpoint: Checkpoint,
  {threads, provider = 'cpu'}: FeatureEncoderOptions,
): Promise<FeatureEncoder> {
  const {InferenceSession, Tensor} = await loadOnnxRuntime()
  const proto = await withWeights(buildGraph(config, checkpoint))
  const session = await InferenceSession.create(
    toBinary(ModelProtoSchema, proto),
    toRuntimeOptions({provider, threads}),
  )
  return {
    async encode(samples) {
      const {features} = await session.run({waveform: new Tensor('float32', samples, [1, samples.length])})
      if (!(features?.data instanceof Float32Array)) throw new Error('The feature encoder gives features.')
      return {values: features.data, shape: features.dims.slice(1)}
    },
    close: () => session.release(),
  }
}

function buildGraph(config: Wav2Vec2Config, checkpoint: Checkpoint): Model {
  const graph = new GraphBuilder('features')
  const scope = {graph, weights: new GraphWeights(graph, checkpoint, new Set())}
  const waveform = graph.input('waveform', DataType.FLOAT, ['batch', 'samples'])
  const features = convolutionalFeatures(scope, waveform, config.model_type, config)
  graph.output(features, DataType.FLOAT, ['batch', 'frames', config.conv_dim.at(-1) ?? 0], 'features')
  return graph.build({opset: 17})
}

/** The graph is this function's own: its tensors may be filled in place. */
async function withWeights({proto, weights}: Model): Promise<ModelProto> {
  for (const tensor of proto.graph?.initializer ?? []) {
    const source = weights.get(weightKey(tensor) ?? '')
    if (source === undefined) continue
    tensor.rawData = await source.read(0, source.byteLength)
    tensor.dataLocation = Location.DEFAULT
    tensor.externalData = []
  }
  return proto
}

/** Frames that the convolutions make of so many samples. */
export function countFrames(samples: number, {conv_kernel, conv_stride}: Wav2Vec2Config): number {
  const frames = conv_kernel.reduce(
    (length, kernel, layer) => Math.floor((length - kernel) / (conv_stride[layer] ?? 1)) + 1,
    samples,
  )
  return Math.max(0, frames)
}
