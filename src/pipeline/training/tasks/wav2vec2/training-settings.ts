import type {Wav2Vec2Training} from '../../architectures/wav2vec2.js'
import type {Wav2Vec2ModelConfig} from '../wav2vec2-config.js'
import type {TrainingFields} from './checkpoint.js'

/** What the configuration says; else the checkpoint. */
export function trainingSettings(
  options: Wav2Vec2ModelConfig,
  fields: TrainingFields,
  classes: number,
): Wav2Vec2Training {
  const masked = fields.apply_spec_augment ? fields : {mask_time_prob: 0, mask_feature_prob: 0}
  return {
    attentionDropout: options.attention_dropout ?? fields.attention_dropout,
    hiddenDropout: options.hidden_dropout ?? fields.hidden_dropout,
    activationDropout: options.activation_dropout ?? fields.activation_dropout,
    projectionDropout: options.feat_proj_dropout ?? fields.feat_proj_dropout,
    finalDropout: options.final_dropout ?? fields.final_dropout,
    maskTime: {
      share: options.mask_time_prob ?? masked.mask_time_prob,
      length: options.mask_time_length ?? fields.mask_time_length,
    },
    maskChannels: {
      share: options.mask_feature_prob ?? masked.mask_feature_prob,
      length: options.mask_feature_length ?? fields.mask_feature_length,
    },
    classes,
    frozenBase: options.freeze === 'base',
  }
}
