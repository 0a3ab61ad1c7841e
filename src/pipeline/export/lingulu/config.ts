import {z} from 'zod'
import {POOLINGS} from '../../training/layers/pooling.js'
import {EncoderConfig} from '../../training/tasks/encoder-config.js'

const pooledEncoder = {encoder: EncoderConfig, pooling: z.enum(POOLINGS)}

/** `config.json` of a classifier of lingulu's own. */
export const ClassifierConfig = z.object({
  ...pooledEncoder,
  model_type: z.literal('lingulu-classifier'),
  id2label: z.record(z.string().regex(/^\d+$/), z.string()),
})
export type ClassifierConfig = Readonly<z.infer<typeof ClassifierConfig>>

/** `config.json` of a speaker model of lingulu's own. */
export const SpeakerConfig = z.object({
  ...pooledEncoder,
  model_type: z.literal('lingulu-speaker'),
  embedding_size: z.int().min(2),
})
export type SpeakerConfig = Readonly<z.infer<typeof SpeakerConfig>>

/** In `architectures` of config.json. */
export const CLASSIFIER = 'LinguluForAudioClassification'
export const SPEAKER_MODEL = 'LinguluForSpeakerEmbedding'
