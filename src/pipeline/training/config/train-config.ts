import {z} from 'zod'
import {AugmentationConfig} from '../../augmentation/augmentation-config.js'
import {LinguluError} from '../../errors.js'
import {explainIssues} from '../../explain-issues.js'
import {ClassificationModelConfig} from '../tasks/classification-config.js'
import {CtcModelConfig} from '../tasks/ctc/ctc-config.js'
import {SpeakerModelConfig} from '../tasks/speaker-config.js'
import {Wav2Vec2ModelConfig} from '../tasks/wav2vec2-config.js'
import {WhisperModelConfig} from '../tasks/whisper/whisper-config.js'
import {DataConfig} from './data-config.js'
import {runSettings} from './run-config.js'

const shared = {
  $schema: z.string().optional(),
  data: DataConfig,
  augmentation: AugmentationConfig.prefault({}).describe('How recordings are changed, each time otherwise.'),
  ...runSettings,
}

/** A Conformer where nothing else is said. */
const CtcModel = z.discriminatedUnion('architecture', [
  CtcModelConfig,
  Wav2Vec2ModelConfig.extend({architecture: z.literal('wav2vec2')}),
])

/** A training: what is learnt of what, and how. */
export const TrainConfig = z.discriminatedUnion('task', [
  z.strictObject({task: z.literal('ctc'), model: CtcModel.prefault({}), ...shared}),
  z.strictObject({task: z.literal('whisper'), model: WhisperModelConfig, ...shared}),
  z.strictObject({task: z.literal('classification'), model: ClassificationModelConfig.prefault({}), ...shared}),
  z.strictObject({task: z.literal('speaker'), model: SpeakerModelConfig.prefault({}), ...shared}),
])
export type TrainConfig = Readonly<z.infer<typeof TrainConfig>>
export type TrainConfigOf<Task extends TrainConfig['task']> = Extract<TrainConfig, {readonly task: Task}>
/** What all tasks have. */
export type RunSettings = Omit<TrainConfig, 'task' | 'model'>

/**
 * @param name where it comes from, for messages
 * @throws LinguluError CONFIG_INVALID with all that is wrong
 */
export function parseTrainConfig(config: unknown, name: string): TrainConfig {
  const parsed = TrainConfig.safeParse(config)
  if (!parsed.success)
    throw new LinguluError('CONFIG_INVALID', `${name}\n${explainIssues(parsed.error)}`, {
      cause: parsed.error,
      hint: 'docs/train.md has all settings; docs/schema/train.schema.json is for editors.',
    })
  if (parsed.data.fp16 || parsed.data.bf16)
    throw new LinguluError('CONFIG_INVALID', `${name}: no engine trains in ${parsed.data.fp16 ? 'fp16' : 'bf16'}.`, {
      hint: 'Leave fp16 and bf16 out: training is in float32.',
    })
  return parsed.data
}
