import type {WhisperFolder} from '../model-folder.js'

/** What the keys and values of the windows decoded together may take. */
const CACHE_BYTES = 1024 ** 3
const LARGEST = 8
const BYTES_PER_VALUE = 4

/**
 * Windows to decode together where the user does not say: as many as 1 GiB of keys and values holds, at most 8. A decoder
 * that scales its activations over the batch gets one at a time, so that results do not depend on it.
 */
export function defaultBatchSize({config, dynamic}: WhisperFolder, beams: number): number {
  if (dynamic.decoder) return 1
  const positions = config.audioContext + config.textContext
  const rowBytes = 2 * config.decoderLayers * positions * config.width * BYTES_PER_VALUE
  return Math.min(LARGEST, Math.max(1, Math.floor(CACHE_BYTES / (rowBytes * beams))))
}
