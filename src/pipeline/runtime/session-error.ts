import {type ErrorCode, LinguluError} from '../errors.js'
import {providerFix} from './provider-fix.js'
import type {Provider} from './session.js'

export interface SessionErrorContext {
  readonly path: string
  readonly provider: Provider
  readonly stage: 'open' | 'run'
}

interface Rule {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly what: string
  readonly hint?: string
}

const FETCH_AGAIN = 'Fetch the model again, or export it again: the file is not what its exporter wrote.'

/** ONNX Runtime's binding throws plain errors without codes; only the text tells. Checked against 1.30.0. */
const RULES: readonly Rule[] = [
  {
    pattern: /Protobuf parsing failed|ModelProto does not have a graph/i,
    code: 'MODEL_INVALID',
    what: 'is corrupt or truncated',
    hint: FETCH_AGAIN,
  },
  {
    pattern: /External data path does not exist: "?([^"\n]+)"?/i,
    code: 'MODEL_INVALID',
    what: 'lacks its external data file $1',
    hint: 'Put that file beside the .onnx file: large models consist of both.',
  },
  {
    pattern: /External initializer: .* out of bounds|External data|external initializer/i,
    code: 'MODEL_INVALID',
    what: 'has external data that is truncated or of another model',
    hint: FETCH_AGAIN,
  },
  {
    pattern: /Could not find an implementation for|is not a registered function\/op|No Op registered for/i,
    code: 'MODEL_INVALID',
    what: 'uses an operator that this ONNX Runtime has no kernel for',
    hint: 'Use another precision of the model, or another --device.',
  },
  {
    pattern:
      /(opset|ir_version|IR version).*(not supported|unsupported|under development|max supported)|Unsupported model IR/i,
    code: 'MODEL_INVALID',
    what: 'is written for a newer ONNX Runtime',
    hint: 'Export the model with an older opset, or update lingulu.',
  },
  {
    pattern: /Failed to allocate memory|out of memory|bad_alloc|CUDA error.*memory|CUBLAS_STATUS_ALLOC_FAILED/i,
    code: 'OUT_OF_MEMORY',
    what: 'does not fit into memory',
    hint: 'Use a smaller --batch-size, a smaller precision or a smaller model.',
  },
  {
    pattern:
      /Got invalid dimensions for input|Unexpected input data type|is missing in 'feeds'|Invalid (input|output) name|invalid output name/i,
    code: 'MODEL_INVALID',
    what: 'takes other inputs than models of its kind do',
    hint: 'Check that the .onnx files and config.json belong together.',
  },
]

const PROVIDER_TROUBLE =
  /ExecutionProvider_|backend not found|Failed to load shared library|WebGPU adapter|WebGpu|CUDA failure|CUDNN failure|cudaGetDevice/i

/** Says what a failure of ONNX Runtime means to the user. */
export function sessionError(cause: unknown, {path, provider, stage}: SessionErrorContext): LinguluError {
  const raw = cause instanceof Error ? cause.message : String(cause)
  const detail = withoutSourcePaths(raw)
  for (const {pattern, code, what, hint} of RULES) {
    const match = pattern.exec(raw)
    if (match === null) continue
    return new LinguluError(code, `${path} ${what.replace('$1', match[1] ?? '')} (${detail})`, {cause, hint})
  }
  if (stage === 'open' && provider !== 'cpu' && PROVIDER_TROUBLE.test(raw)) {
    return new LinguluError('PROVIDER_UNAVAILABLE', `The ${provider} provider does not start: ${detail}`, {
      cause,
      hint: providerFix(provider, raw),
    })
  }
  const verb = stage === 'open' ? 'cannot be loaded' : 'failed while running'
  return new LinguluError('MODEL_INVALID', `${path} ${verb} on ${provider}: ${detail}`, {cause})
}

/** One line without the build machine's paths and the C++ signatures that ONNX Runtime prefixes. */
export function withoutSourcePaths(message: string): string {
  return message
    .replace(/\/onnxruntime_src\/\S+ .*?(?:was false\. |\) (?=[A-Z[]))/gs, '')
    .replace(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500)
}
