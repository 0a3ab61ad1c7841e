import {type ErrorCode, LinguluError} from '../errors.js'
import type {BuildLog} from './parse-build-log.js'
import {formatTensorRtVersion} from './trtexec-version.js'

export interface FailedBuild {
  /** The ONNX file. */
  readonly onnx: string
  /** Where the whole log stands. */
  readonly logPath: string
  readonly log: BuildLog
  /** All output: a program that does not start prints no log. */
  readonly output: string
  readonly exitCode: number | undefined
  /** The name of the signal that ended the program, such as SIGKILL. */
  readonly killedBy: string | undefined
}

interface Diagnosis {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly problem: (match: RegExpMatchArray) => string
  readonly hint: string
}

const MEMORY_HINT =
  'Free the GPU of other programs, or ask for less: a smaller --max-batch or --max-beams, or a limit with --workspace.'

/** First match wins: what is said of the machine goes before what follows from it. Patterns are of versions 8 to 11. */
const DIAGNOSES: readonly Diagnosis[] = [
  {
    pattern: /error while loading shared libraries: (\S+?):/,
    code: 'PROVIDER_UNAVAILABLE',
    problem: ([, library]) => `trtexec does not start: ${library} is not found`,
    hint: 'Add the lib folder of TensorRT, and CUDA’s where it is not installed, to LD_LIBRARY_PATH.',
  },
  {
    pattern:
      /no CUDA-capable device|CUDA driver version is insufficient|CUDA initialization failure|CUDA_ERROR_NO_DEVICE|Cannot find device ID|invalid device ordinal/i,
    code: 'PROVIDER_UNAVAILABLE',
    problem: ([found]) => `there is no GPU that TensorRT can use (${found})`,
    hint: 'Engines are built on the GPU that they run on: run this there, with a driver as new as TensorRT asks for; containers need --gpus all. `lingulu doctor` shows what is there.',
  },
  {
    pattern: /Unknown option: (\S+)/,
    code: 'OPTION_UNSUPPORTED',
    problem: ([, option]) => `it does not know the option ${option}`,
    hint: 'This version of TensorRT is not one that lingulu knows: take 8, 10 or 11, or report it with the log.',
  },
  {
    pattern: /Input file cannot be found|Could not open file/,
    code: 'INPUT_MISSING',
    problem: () => 'it cannot open the ONNX file',
    hint: 'Copy the model with all files beside it.',
  },
  {
    pattern: /out of memory|OutOfMemory|insufficient memory|Requested amount of GPU memory|std::bad_alloc/i,
    code: 'OUT_OF_MEMORY',
    problem: () => 'memory ran out',
    hint: MEMORY_HINT,
  },
  {
    pattern: /Could not find any implementation for node ([^\n]+?)\.?\)?$/im,
    code: 'OUT_OF_MEMORY',
    problem: ([, node]) => `no kernel fits for ${node}, which most often means too little GPU memory`,
    hint: MEMORY_HINT,
  },
  {
    pattern:
      /No importer registered for op: (\w+)|could not find plugin:? (\w+)|Invalid Node - ([^\n]+)|While parsing node number \d+ \[(\w+)|with name: \S* and operator: (\w+)/,
    code: 'OPTION_UNSUPPORTED',
    problem: ([, importer, plugin, node, ...operators]) =>
      node === undefined
        ? `it cannot take the operator ${[importer, plugin, ...operators].find(name => name !== undefined)}`
        : `it cannot take the node ${node}`,
    hint: 'Give a model of ONNX’s own operators (as `lingulu export` makes them), or a later TensorRT.',
  },
  {
    pattern: /Failed to parse onnx file|Parsing model failed/i,
    code: 'MODEL_INVALID',
    problem: () => 'it cannot read the ONNX file',
    hint: 'Give a model of ONNX’s own operators (as `lingulu export` makes them), or a later TensorRT.',
  },
  {
    pattern: /incompatible serialization version|magicTag|engine created with/i,
    code: 'MODEL_INVALID',
    problem: () => 'the engine comes from another version of TensorRT or another GPU',
    hint: 'Build it again here.',
  },
]

const SHOWN_ERRORS = 3

/** The error for a build that failed: what is known of such logs, and the first errors of this one. */
export function diagnoseBuild({onnx, logPath, log, output, exitCode, killedBy}: FailedBuild): LinguluError {
  const name = log.version === undefined ? 'TensorRT' : `TensorRT ${formatTensorRtVersion(log.version)}`
  const errors = log.errors.slice(0, SHOWN_ERRORS).map(error => `\n  ${error.replaceAll('\n', '\n  ')}`)
  const more = log.errors.length > SHOWN_ERRORS ? `\n  … ${log.errors.length - SHOWN_ERRORS} more errors` : ''
  const make = (code: ErrorCode, problem: string, hint: string) =>
    new LinguluError(code, `${onnx}: ${name} built no engine: ${problem}.${errors.join('')}${more}`, {
      hint: `${hint} The whole log: ${logPath}`,
    })
  // Warnings tell of memory, where the errors name only the node that was left without a kernel.
  const texts = [log.errors.join('\n'), log.version === undefined ? output : log.warnings.join('\n')]
  for (const {pattern, code, problem, hint} of DIAGNOSES)
    for (const text of texts) {
      const match = text.match(pattern)
      if (match !== null) return make(code, problem(match), hint)
    }
  if (killedBy === 'SIGKILL')
    return make('OUT_OF_MEMORY', 'trtexec was killed, as the system does when memory runs out', MEMORY_HINT)
  const how = killedBy === undefined ? `ended with exit code ${exitCode ?? 'unknown'}` : `was ended by ${killedBy}`
  const verdict = log.verdict === undefined ? 'no verdict' : `the verdict ${log.verdict}`
  return make('WORKER_CRASHED', `trtexec ${how} and ${verdict}`, 'The reason may stand in the log.')
}
