import {fromDecibels} from '../audio/decibels.js'
import {amplify} from '../audio/normalize-level.js'
import type {Random} from '../decoding/random.js'
import {addNoise, addScaled, excerpt} from './add-noise.js'
import type {AppliedStep} from './applied-step.js'
import {type AugmentationConfig, toRange} from './augmentation-config.js'
import {createSpeedChanger, roundedFactor, type SpeedChanger} from './change-speed.js'
import {colouredNoise} from './coloured-noise.js'
import {createConvolver} from './convolve.js'
import {asFewBits, asMuLaw, asNarrowBand, asTelephone} from './degrade.js'
import {drawBetween, drawInteger, drawItem, type Range} from './draw.js'
import {reverberate, roomResponse} from './reverberate.js'
import {shiftPitch} from './shift-pitch.js'
import type {AugmentationSounds, Sound} from './sound.js'
import {stretchTime} from './stretch-time.js'

/** Something that is done to some recordings. */
export interface PlannedStep {
  readonly probability: number
  apply(samples: Float32Array, random: Random): {readonly samples: Float32Array; readonly step: AppliedStep}
}

/** The white noise of contracts: a hundred and sixty steps of a 16-bit sample. */
const NOISE_LEVEL = 0.005

/** What a configuration asks for, in the order of its doing. */
export function planSteps(config: AugmentationConfig, {noise = [], responses = []}: AugmentationSounds): PlannedStep[] {
  const {speed, time_stretch_factor: stretch, pitch_shift_steps: steps} = config
  const timeStretch = config.time_stretch ?? (stretch === undefined ? undefined : {probability: 1, factor: stretch})
  const pitch = config.pitch ?? (steps === undefined ? undefined : {probability: 1, semitones: steps})
  const changeSpeed = createSpeedChanger()
  const planned: (PlannedStep | undefined)[] = [
    speed && {
      probability: speed.probability,
      apply(samples, random) {
        const factor = roundedFactor(draw(random, speed.factor))
        return {samples: changeSpeed(samples, factor), step: {kind: 'speed', factor}}
      },
    },
    timeStretch && {
      probability: timeStretch.probability,
      apply(samples, random) {
        const factor = draw(random, timeStretch.factor)
        return {samples: stretchTime(samples, factor), step: {kind: 'time_stretch', factor}}
      },
    },
    pitch && {
      probability: pitch.probability,
      apply(samples, random) {
        const semitones = draw(random, pitch.semitones)
        return {samples: shiftPitch(samples, semitones, changeSpeed), step: {kind: 'pitch', semitones}}
      },
    },
    config.reverberation && planReverberation(config.reverberation, responses),
    config.noise && planNoise(config.noise, noise),
    config.add_noise ? planLevelNoise(config.noise_level ?? NOISE_LEVEL) : undefined,
    config.gain && planGain(config.gain),
    config.codec && planCodec(config.codec, changeSpeed),
  ]
  return planned.flatMap(step => step ?? [])
}

/** To four decimals, so that what is told is what was done. */
const draw = (random: Random, range: number | Range): number =>
  Math.round(drawBetween(random, toRange(range)) * 1e4) / 1e4

function planReverberation(
  options: NonNullable<AugmentationConfig['reverberation']>,
  responses: readonly Sound[],
): PlannedStep {
  const convolve = createConvolver()
  return {
    probability: options.probability,
    apply(samples, random) {
      const recorded = options.folder !== undefined && random() < options.folder_share && drawItem(random, responses)
      if (recorded)
        return {
          samples: reverberate(samples, recorded.samples, convolve),
          step: {kind: 'reverberation', file: recorded.name},
        }
      const t60Seconds = draw(random, options.t60_seconds)
      const directToRoomDb = draw(random, options.direct_to_room_db)
      const response = roomResponse({t60Seconds, directToRoomDb}, random)
      return {
        samples: reverberate(samples, response, convolve),
        step: {kind: 'reverberation', t60_seconds: t60Seconds, direct_to_room_db: directToRoomDb},
      }
    },
  }
}

function planNoise(options: NonNullable<AugmentationConfig['noise']>, sounds: readonly Sound[]): PlannedStep {
  const kinds = options.kinds ?? [options.folder === undefined ? 'white' : 'folder']
  return {
    probability: options.probability,
    apply(samples, random) {
      const kind = drawItem(random, kinds) ?? 'white'
      const snrDb = draw(random, options.snr_db)
      if (kind !== 'folder') {
        const noise = colouredNoise(samples.length, kind, random)
        return {samples: addNoise(samples, noise, snrDb), step: {kind: 'noise', noise: kind, snr_db: snrDb}}
      }
      const sound = drawItem(random, sounds)
      const noise = excerpt(sound?.samples ?? new Float32Array(0), samples.length, random)
      return {samples: addNoise(samples, noise, snrDb), step: {kind: 'noise', file: sound?.name ?? '', snr_db: snrDb}}
    },
  }
}

function planLevelNoise(level: number): PlannedStep {
  return {
    probability: 1,
    apply: (samples, random) => ({
      samples: addScaled(samples, colouredNoise(samples.length, 'white', random), level),
      step: {kind: 'noise', noise: 'white', level},
    }),
  }
}

function planGain({probability, decibels: range}: NonNullable<AugmentationConfig['gain']>): PlannedStep {
  return {
    probability,
    apply(samples, random) {
      const decibels = draw(random, range)
      return {samples: amplify(samples, fromDecibels(decibels)), step: {kind: 'gain', decibels}}
    },
  }
}

function planCodec(options: NonNullable<AugmentationConfig['codec']>, changeSpeed: SpeedChanger): PlannedStep {
  const {min, max} = toRange(options.bits)
  return {
    probability: options.probability,
    apply(samples, random) {
      const codec = drawItem(random, options.kinds) ?? 'telephone'
      switch (codec) {
        case 'telephone':
          return {samples: asTelephone(samples, changeSpeed), step: {kind: 'codec', codec}}
        case 'narrow-band':
          return {samples: asNarrowBand(samples, changeSpeed), step: {kind: 'codec', codec}}
        case 'mu-law':
          return {samples: asMuLaw(samples), step: {kind: 'codec', codec}}
        case 'few-bits': {
          const bits = drawInteger(random, {min: Math.ceil(min), max: Math.floor(max)})
          return {samples: asFewBits(samples, bits), step: {kind: 'codec', codec, bits}}
        }
      }
    },
  }
}
