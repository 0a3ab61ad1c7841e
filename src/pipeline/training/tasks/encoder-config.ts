import {z} from 'zod'
import {type SpeechEncoderConfig, SUBSAMPLING} from '../architectures/speech-encoder.js'

/** Sizes of the encoder that the models of lingulu's own share, as the configuration of a training names them. */
export const EncoderConfig = z
  .strictObject({
    width: z.int().min(4).default(144).describe('Width of the states, a multiple of twice the heads.'),
    layers: z.int().min(1).default(6).describe('Conformer layers.'),
    heads: z.int().min(1).default(4).describe('Attention heads.'),
    feed_forward: z.int().min(1).default(576).describe('Neurons of each feed-forward layer.'),
    kernel: z
      .int()
      .min(1)
      .refine(kernel => kernel % 2 === 1, 'The kernel must be odd.')
      .default(15)
      .describe(`Frames of ${10 * SUBSAMPLING} ms that the convolution of each layer sees; odd.`),
    dropout: z.number().min(0).max(0.9).default(0.1).describe('Share of values that training sets to 0.'),
    mels: z.int().min(8).max(128).default(80).describe('Mel bands of the features.'),
  })
  .refine(({width, heads}) => width % (2 * heads) === 0, {
    error: 'The width must be a multiple of twice the heads, as positions turn pairs of values.',
    path: ['width'],
  })

export type EncoderConfig = Readonly<z.infer<typeof EncoderConfig>>

/** The same sizes as models are built with. */
export function encoderSizes({feed_forward, ...sizes}: EncoderConfig): SpeechEncoderConfig {
  return {...sizes, feedForward: feed_forward}
}
