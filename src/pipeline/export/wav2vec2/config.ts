import {z} from 'zod'
import {ACTIVATIONS} from '../layers.js'

const Count = z.int().positive()
const unsupported = (what: string) => ({error: `${what} is not exported yet`})

/** `config.json` of wav2vec 2.0, HuBERT and WavLM; what may be absent has transformers' defaults. */
export const Wav2Vec2Config = z
  .object({
    model_type: z.enum(['wav2vec2', 'hubert', 'wavlm']),
    hidden_size: Count.default(768),
    num_hidden_layers: Count.default(12),
    num_attention_heads: Count.default(12),
    intermediate_size: Count.default(3072),
    hidden_act: z.enum(ACTIVATIONS).default('gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
    feat_extract_norm: z.enum(['group', 'layer']).default('group'),
    feat_extract_activation: z.enum(ACTIVATIONS).default('gelu'),
    conv_dim: z.array(Count).min(1).default([512, 512, 512, 512, 512, 512, 512]),
    conv_stride: z.array(Count).default([5, 2, 2, 2, 2, 2, 2]),
    conv_kernel: z.array(Count).default([10, 3, 3, 3, 3, 2, 2]),
    conv_bias: z.boolean().default(false),
    num_conv_pos_embeddings: Count.default(128),
    num_conv_pos_embedding_groups: Count.default(16),
    do_stable_layer_norm: z.boolean().default(false),
    feat_proj_layer_norm: z.boolean().default(true),
    conv_pos_batch_norm: z.literal(false, unsupported('conv_pos_batch_norm')).default(false),
    add_adapter: z.literal(false, unsupported('add_adapter')).default(false),
    use_weighted_layer_sum: z.boolean().default(false),
    adapter_attn_dim: Count.nullish(),
    vocab_size: Count.default(32),
    classifier_proj_size: Count.default(256),
    id2label: z.record(z.string(), z.string()).optional(),
    num_buckets: Count.default(320),
    max_bucket_distance: Count.default(800),
  })
  .refine(({hidden_size, num_attention_heads: heads}) => hidden_size % heads === 0, {
    error: 'hidden_size is no multiple of num_attention_heads',
  })
  .refine(
    ({conv_dim, conv_stride, conv_kernel}) =>
      conv_dim.length === conv_stride.length && conv_dim.length === conv_kernel.length,
    {error: 'conv_dim, conv_stride and conv_kernel have different lengths'},
  )

export type Wav2Vec2Config = Readonly<z.infer<typeof Wav2Vec2Config>>

/** Two labels is transformers' default. */
export const labelCount = ({id2label}: Wav2Vec2Config): number =>
  id2label === undefined ? 2 : Object.keys(id2label).length
