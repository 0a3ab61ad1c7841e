import {SAMPLE_RATE_HZ} from '../../audio/source.js'
import type {SpeechEncoderConfig} from '../architectures/speech-encoder.js'
import {filterBankPreprocessor} from '../filter-bank.js'
import type {Pooling} from '../layers/pooling.js'
import {type EncoderConfig, encoderSizes} from './encoder-config.js'
import {readEncoderWeights} from './encoder-weights.js'
import {initialWeights} from './initial-weights.js'
import type {TrainingItem, TrainingTask, Weights} from './training-task.js'
import {writeModelFolder} from './write-model-folder.js'

/** Frames of a batch are padded to this, so that shapes come again and memory is used again. */
const FRAME_MULTIPLE = 8

/** What the configurations of models that make one vector of a recording share. */
export interface PooledEncoderSettings {
  readonly encoder: EncoderConfig
  readonly from?: string | undefined
  readonly freeze: 'nothing' | 'encoder'
  readonly pooling: Pooling
}

/** What their tasks share. */
export interface PooledEncoderTask extends Pick<TrainingTask, 'features' | 'frozen' | 'initial'> {
  readonly sizes: SpeechEncoderConfig
  /** Writes the folder; `config` is what config.json has beside the encoder. */
  save(folder: string, trained: Weights, config: object): Promise<void>
}

/**
 * Reads the encoder that the training begins with, if one is named.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openPooledEncoder(settings: PooledEncoderSettings): Promise<PooledEncoderTask> {
  const sizes = encoderSizes(settings.encoder)
  const known: Weights = settings.from === undefined ? new Map() : await readEncoderWeights(settings.from, sizes)
  const frozen: Weights = settings.freeze === 'encoder' ? known : new Map()
  return {
    sizes,
    features: {kind: 'filter-bank', mels: sizes.mels, multiple: FRAME_MULTIPLE},
    frozen: new Map([...frozen].map(([name, {values}]) => [name, values])),
    initial: (places, random) => initialWeights(places, random, known),
    save: (folder, trained, config) =>
      writeModelFolder(folder, new Map([...frozen, ...trained]), {
        'config.json': {...config, ...shownSettings(settings), sampling_rate: SAMPLE_RATE_HZ},
        'preprocessor_config.json': filterBankPreprocessor({mels: sizes.mels}),
      }),
  }
}

const shownSettings = ({encoder, pooling}: PooledEncoderSettings) => ({encoder, pooling})

/** The value that all recordings of a row have; undefined where they differ or have none. */
export function commonValue(
  row: readonly TrainingItem[],
  choose: (item: TrainingItem) => string | undefined,
): string | undefined {
  const [first, ...others] = row.map(choose)
  return others.every(other => other === first) ? first : undefined
}
