import type {WhisperFolder} from '../model-folder.js'

/**
 * [layer, head] pairs whose cross-attention follows the speech. Where a model does not say, openai/whisper takes all of
 * the upper half of the layers.
 */
export function alignmentHeadsOf({
  alignmentHeads,
  decoderLayers,
  decoderHeads,
}: WhisperFolder['config']): readonly (readonly [layer: number, head: number])[] {
  if (alignmentHeads !== undefined) return alignmentHeads
  const layers = Array.from({length: decoderLayers}, (_, layer) => layer).slice(decoderLayers >> 1)
  return layers.flatMap(layer => Array.from({length: decoderHeads}, (_, head) => [layer, head] as const))
}
