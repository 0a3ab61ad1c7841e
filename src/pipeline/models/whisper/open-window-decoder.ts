import type {WhisperFolder} from '../model-folder.js'
import {FusedGraph} from './fused-graph.js'
import {FusedNetwork} from './fused-network.js'
import {LoopDecoder} from './loop-decoder.js'
import type {Network} from './network.js'
import {type OpenSession, openTogether} from './open-together.js'
import {OptimumNetwork} from './optimum-network.js'
import {StepDecoder} from './step-decoder.js'
import type {WindowDecoder} from './window-decoder.js'

export interface BatchSizes {
  /** Windows whose searches advance together. */
  readonly batchSize: number
  /** Windows that go through the encoder, or through a pass over their whole text, at once. */
  readonly passSize: number
}

/** Opens a model's graphs with the decoder that their layout is for. */
export async function openWindowDecoder(
  folder: WhisperFolder,
  open: OpenSession,
  {batchSize, passSize}: BatchSizes,
): Promise<WindowDecoder> {
  const network = await openNetwork(folder, open)
  return network instanceof FusedNetwork
    ? new LoopDecoder(network, batchSize, passSize)
    : new StepDecoder(network, batchSize, passSize)
}

/** Opens a model's graphs, to be run token by token. */
export function openNetwork({encoder, decoder, config}: WhisperFolder, open: OpenSession): Promise<Network> {
  return openTogether(open, async opening => {
    const encoderSession = await opening(encoder)
    if (decoder.layout === 'fused')
      return new FusedNetwork(new FusedGraph(config, {encoder: encoderSession, decoder: await opening(decoder.path)}))
    const first = await opening(decoder.layout === 'merged' ? decoder.path : decoder.first)
    const withPast = decoder.layout === 'merged' ? first : await opening(decoder.withPast)
    return new OptimumNetwork(config, {encoder: encoderSession, first, withPast})
  })
}
