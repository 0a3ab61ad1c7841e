import type {WhisperFolder} from '../model-folder.js'

/** What the keys and values of the windows decoded together may take. */
const CACHE_BYTES = 1024 ** 3
const LARGEST = 8
const BYTES_PER_VALUE = 4

/**
 * Windows to decode together where the user does not say: as many as 1 GiB of keys and values holds, at most 8. Models
 * with dynamic activations (int8) get one at a time: their scales span the batch, so that results would depend on it.
 */
export function defaultBatchSize({config, precision}: WhisperFolder, beams: number): number {
  if (isDynamicallyQuantized(precision)) return 1
  const positions = config.audioContext + config.textContext
  const rowBytes = 2 * config.decoderLayers * positions * config.width * BYTES_PER_VALUE
  return Math.min(LARGEST, Math.max(1, Math.floor(CACHE_BYTES / (rowBytes * beams))))
}

/** Whether a batch changes what its rows give. */
export function isDynamicallyQuantized(precision: string): boolean {
  return /q8|int8/.test(precision)
}
