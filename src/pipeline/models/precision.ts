import {LinguluError} from '../errors.js'
import {PRECISIONS, type Precision, type PrecisionChoice, type PrecisionLabel} from './model-folder.js'

/** What stands between an ONNX file's stem and `.onnx`: the naming of optimum and transformers.js. */
export const PRECISION_SUFFIX = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  w8: '_w8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const satisfies Record<Precision, string>

/**
 * Reads `--precision`: `auto`, one precision, or `encoder=fp32,decoder=q8`.
 *
 * @throws LinguluError `USAGE` for anything else.
 */
export function parsePrecision(text: string): PrecisionChoice {
  if (text === 'auto' || isPrecision(text)) return text
  const parts = new Map(text.split(',').map(part => part.trim().split('=', 2) as [string, string | undefined]))
  const encoder = parts.get('encoder')
  const decoder = parts.get('decoder')
  if (parts.size === 2 && isPrecision(encoder) && isPrecision(decoder)) return {encoder, decoder}
  throw new LinguluError('USAGE', `No such precision: ${text}.`, {
    hint: `Give auto, one of ${PRECISIONS.join(', ')}, or one for each part of Whisper: encoder=fp32,decoder=q8.`,
  })
}

/** The inverse of {@link parsePrecision}, short where both parts are alike. */
export function precisionLabel(encoder: Precision, decoder: Precision): PrecisionLabel {
  return encoder === decoder ? encoder : `encoder=${encoder},decoder=${decoder}`
}

function isPrecision(text: string | undefined): text is Precision {
  return PRECISIONS.some(precision => precision === text)
}
