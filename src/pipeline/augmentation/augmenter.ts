import type {Random} from '../decoding/random.js'
import {LinguluError} from '../errors.js'
import type {AppliedStep} from './applied-step.js'
import {type AugmentationConfig, type AugmentationInput, parseAugmentation} from './augmentation-config.js'
import {type FeatureMasking, maskFeatures} from './mask-features.js'
import {planSteps} from './plan-steps.js'
import type {AugmentationSounds} from './sound.js'

export interface AugmentedAudio {
  readonly samples: Float32Array
  /** What was done, in this order. */
  readonly applied: readonly AppliedStep[]
}

/** Changes recordings by chance. It owns scratch memory and filters: one for each thread. */
export interface Augmenter {
  /**
   * 16 kHz mono samples as another speaker, room or microphone would have given them; the input stays as it is. The length
   * changes with `speed` and `time_stretch` only. Samples may be louder than full scale.
   *
   * @param random the source of all chance: the same numbers give the same result, whatever was augmented before
   */
  augmentAudio(samples: Float32Array, random: Random): AugmentedAudio
  /** Features frames × mels with SpecAugment; the very input if there is none. */
  augmentFeatures(features: Float32Array, mels: number, random: Random): Float32Array
}

/**
 * Order of the steps: the speaker (speed, time stretch, pitch), the room (reverberation, noise), the way to the file (gain,
 * codec).
 *
 * @throws LinguluError CONFIG_INVALID for a wrong configuration, or one with a folder whose sounds are not given
 */
export function createAugmenter(config: AugmentationInput, sounds: AugmentationSounds = {}): Augmenter {
  const checked = parseAugmentation(config)
  requireSounds(checked, sounds)
  const steps = planSteps(checked, sounds)
  const masking = featureMasking(checked)
  return {
    augmentAudio(samples, random) {
      let current = samples
      const applied: AppliedStep[] = []
      for (const {probability, apply} of samples.length === 0 ? [] : steps) {
        if (random() >= probability) continue
        const result = apply(current, random)
        current = result.samples
        applied.push(result.step)
      }
      return {samples: current, applied}
    },
    augmentFeatures(features, mels, random) {
      if (masking === undefined || random() >= masking.probability) return features
      return maskFeatures(features, mels, masking, random)
    },
  }
}

function requireSounds(
  {noise, reverberation}: AugmentationConfig,
  {noise: noises, responses}: AugmentationSounds,
): void {
  const missing =
    noise?.folder !== undefined && (noises?.length ?? 0) === 0
      ? noise.folder
      : reverberation?.folder !== undefined && (responses?.length ?? 0) === 0
        ? reverberation.folder
        : undefined
  if (missing === undefined) return
  throw new LinguluError(
    'CONFIG_INVALID',
    `${missing}: no recordings were given for this folder of the augmentation.`,
    {
      hint: 'Load them with openAugmenter.',
    },
  )
}

function featureMasking({
  spec_augment: masks,
}: AugmentationConfig): (FeatureMasking & {readonly probability: number}) | undefined {
  return (
    masks && {
      probability: masks.probability,
      timeMasks: masks.time_masks,
      timeMaskFrames: masks.time_mask_frames,
      timeMaskShare: masks.time_mask_share,
      frequencyMasks: masks.frequency_masks,
      frequencyMaskMels: masks.frequency_mask_mels,
      timeWarpFrames: masks.time_warp_frames,
      fill: masks.fill,
    }
  )
}
