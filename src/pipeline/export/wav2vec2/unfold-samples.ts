import type {Value} from '../../onnx/graph-builder.js'
import type {Scope} from '../layers.js'
import type {Wav2Vec2Config} from './config.js'

const TO_THE_END = 2 ** 31 - 1

/** [batch, samples] → [batch, kernel, frames]: row i has the sample that the first kernel's place i sees in each frame. */
export function unfoldSamples({graph, weights}: Scope, waveform: Value, config: Wav2Vec2Config): Value {
  const {
    conv_kernel: [kernel = 0],
    conv_stride: [stride = 1],
  } = config
  const axis = weights.integers([1])
  const rows = tapsOf({graph, weights}, waveform, kernel, stride).map(row => graph.node('Unsqueeze', [row, axis]))
  return graph.node('Concat', rows, {attributes: {axis: 1}})
}

/** [batch, frames, channels] → [batch, fewer frames, kernel × channels]: what the kernel sees at each of its places. */
export function unfoldFrames(scope: Scope, x: Value, kernel: number, stride: number): Value {
  return scope.graph.node('Concat', tapsOf(scope, x, kernel, stride), {attributes: {axis: -1}})
}

/** For each place in the kernel what it sees, one after the other along dimension 1: all are of one length. */
function tapsOf({graph, weights}: Scope, x: Value, kernel: number, stride: number): Value[] {
  const [axis, step] = [weights.integers([1]), weights.integers([stride])]
  return Array.from({length: kernel}, (_, place) => {
    const end = weights.integers([place === kernel - 1 ? TO_THE_END : place + 1 - kernel])
    return graph.node('Slice', [x, weights.integers([place]), end, axis, step])
  })
}
