import type {AugmentationInput} from './augmentation-config.js'
import {parseAugmentation} from './augmentation-config.js'
import {type Augmenter, createAugmenter} from './augmenter.js'
import {loadSounds} from './load-sounds.js'
import type {AugmentationSounds} from './sound.js'

/** Long recordings of noise are much the same throughout. */
const NOISE = {secondsEach: 60, secondsInAll: 3600}
const RESPONSES = {secondsEach: 3, secondsInAll: 1200}

export interface LoadedAugmentation {
  readonly sounds: AugmentationSounds
  readonly notes: readonly string[]
}

/**
 * Loads the folders that a configuration names: up to an hour of noise and 400 rooms.
 *
 * @throws LinguluError CONFIG_INVALID; INPUT_MISSING for a folder without recordings; the signal's reason
 */
export async function loadAugmentation(config: AugmentationInput, signal?: AbortSignal): Promise<LoadedAugmentation> {
  const {noise, reverberation} = parseAugmentation(config)
  const noises = noise?.folder === undefined ? undefined : await loadSounds(noise.folder, {...NOISE, signal})
  const rooms =
    reverberation?.folder === undefined ? undefined : await loadSounds(reverberation.folder, {...RESPONSES, signal})
  return {
    sounds: {noise: noises?.sounds, responses: rooms?.sounds},
    notes: [...(noises?.notes ?? []), ...(rooms?.notes ?? [])],
  }
}

/**
 * An augmenter with the recordings of its folders in memory.
 *
 * @throws LinguluError as {@link loadAugmentation}
 */
export async function openAugmenter(
  config: AugmentationInput,
  signal?: AbortSignal,
): Promise<{readonly augmenter: Augmenter; readonly notes: readonly string[]}> {
  const {sounds, notes} = await loadAugmentation(config, signal)
  return {augmenter: createAugmenter(config, sounds), notes}
}
