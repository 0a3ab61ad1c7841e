import {z} from 'zod'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'
import {AUGMENTATION_SHAPE, range, refuseTwice} from '../augmentation-config.js'
import {LOSSY_CODECS} from '../lossy-codec.js'

const LossyCodecs = z.strictObject({
  probability: z.number().min(0).max(1).default(1).describe('Share of the copies that this is done to.'),
  codecs: z.array(z.enum(LOSSY_CODECS)).min(1).default(['mp3', 'opus']).describe('Which, each equally often.'),
  kbps: range(6, 128).default({min: 12, max: 32}).describe('Thousand bits a second.'),
})

/** How copies of a data set are changed: as in training, and by encoders that take too long for it. */
export const DatasetAugmentation = z
  .strictObject({
    ...AUGMENTATION_SHAPE,
    lossy_codec: LossyCodecs.optional().describe('Through an encoder and back, by ffmpeg; after everything else.'),
  })
  .superRefine(refuseTwice)
export type DatasetAugmentation = Readonly<z.infer<typeof DatasetAugmentation>>

/**
 * @param name of where the configuration comes from, for messages
 * @throws LinguluError CONFIG_INVALID if it is wrong; USAGE if it changes nothing of a recording
 */
export function parseDatasetAugmentation(config: unknown, name: string): DatasetAugmentation {
  const parsed = DatasetAugmentation.safeParse(config)
  if (!parsed.success)
    throw new LinguluError('CONFIG_INVALID', `${name}\n${explainIssues(parsed.error)}`, {cause: parsed.error})
  const {spec_augment: _, ...ofAudio} = parsed.data
  if (Object.values(ofAudio).every(value => value === undefined || value === false))
    throw new LinguluError('USAGE', 'Nothing is to be done to the recordings.', {
      hint: 'Say what: --speed 0.9,1.1, --noise white, --reverb 0.2,0.6 …, or a file with --config (docs/augment.md).',
    })
  return parsed.data
}
