import {z} from 'zod'
import {LinguluError} from '../../../errors.js'
import {type Checkpoint, openCheckpoint} from '../../../export/checkpoint.js'
import type {StoredTensor} from '../../../export/safetensors-types.js'
import {Wav2Vec2Config} from '../../../export/wav2vec2/config.js'
import {readModelJson, requireModelJson} from '../../../models/model-files.js'
import {HEAD} from '../../architectures/wav2vec2.js'

const rate = (standard: number) => z.number().min(0).lt(1).default(standard)
const length = z.int().min(1).default(10)

/** What config.json says of training; defaults are transformers'. */
const TrainingFields = z.object({
  attention_dropout: rate(0.1),
  hidden_dropout: rate(0.1),
  activation_dropout: rate(0.1),
  feat_proj_dropout: rate(0),
  final_dropout: rate(0.1),
  apply_spec_augment: z.boolean().default(true),
  mask_time_prob: rate(0.05),
  mask_time_length: length,
  mask_feature_prob: rate(0),
  mask_feature_length: length,
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: z.int().min(0).nullish(),
})
export type TrainingFields = Readonly<z.infer<typeof TrainingFields>>

const AnyFields = z.record(z.string(), z.unknown())

/** A checkpoint that fine-tuning begins with. */
export interface Wav2Vec2Checkpoint {
  readonly checkpoint: Checkpoint
  readonly config: Wav2Vec2Config
  readonly fields: TrainingFields
  /** All of config.json. */
  readonly raw: Readonly<Record<string, unknown>>
}

/**
 * Opens a folder with a wav2vec 2.0 or HuBERT model, with any head or none. Tensors of a body without a head get the names
 * that they have below one.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID; OPTION_UNSUPPORTED for a WavLM.
 */
export async function openWav2Vec2Checkpoint(path: string): Promise<Wav2Vec2Checkpoint> {
  const checkpoint = await openCheckpoint(path)
  const {files} = checkpoint
  const config = await requireModelJson(files, 'config.json', Wav2Vec2Config)
  if (config.model_type === 'wavlm')
    throw new LinguluError('OPTION_UNSUPPORTED', `${path} is a WavLM, which lingulu does not train.`, {
      hint: 'Its attention has a bias by distance. Take a wav2vec 2.0 or HuBERT model.',
    })
  const fields = await requireModelJson(files, 'config.json', TrainingFields)
  const raw = (await readModelJson(files, 'config.json', AnyFields)) ?? {}
  return {checkpoint: {...checkpoint, tensors: withPrefix(checkpoint.tensors, config.model_type)}, config, fields, raw}
}

function withPrefix(tensors: Checkpoint['tensors'], base: string): Checkpoint['tensors'] {
  const prefix = `${base}.`
  if ([...tensors.keys()].some(name => name.startsWith(prefix))) return tensors
  return new Map<string, StoredTensor>(
    [...tensors].map(([name, tensor]) => [name.startsWith(`${HEAD}.`) ? name : `${prefix}${name}`, tensor]),
  )
}
