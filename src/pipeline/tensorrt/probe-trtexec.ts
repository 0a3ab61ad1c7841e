import {LinguluError} from '../errors.js'
import {formatTensorRtVersion, isAtLeast, parseTrtexecVersion, type TensorRtVersion} from './trtexec-version.js'

const TIMEOUT_MILLISECONDS = 30_000

/**
 * Asks a `trtexec` for its version. `--help` prints the banner first in all versions; `--version` is no option.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE if it does not start (its libraries are missing), is something else, or too old
 */
export async function probeTrtexec(path: string, signal?: AbortSignal): Promise<TensorRtVersion> {
  const {execa} = await import('execa')
  const result = await execa(path, ['--help'], {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: TIMEOUT_MILLISECONDS,
    ...(signal && {cancelSignal: signal}),
  })
  signal?.throwIfAborted()
  const version = parseTrtexecVersion(result.all)
  if (version === undefined) throw notTrtexec(path, result.all || result.originalMessage || 'it printed nothing')
  if (isAtLeast(version, 8, 0)) return version
  throw new LinguluError('PROVIDER_UNAVAILABLE', `${path} is TensorRT ${formatTensorRtVersion(version)}.`, {
    hint: 'Take version 8 or later.',
  })
}

function notTrtexec(path: string, output: string): LinguluError {
  const library = /error while loading shared libraries: (\S+?):/.exec(output)?.[1]
  const problem = library === undefined ? (output.trim().split('\n')[0] ?? '') : `${library} is not found`
  return new LinguluError('PROVIDER_UNAVAILABLE', `${path} does not run as trtexec: ${problem}.`, {
    hint:
      library === undefined
        ? 'Give the trtexec of NVIDIA TensorRT.'
        : 'Add the lib folder of TensorRT, and CUDA’s where it is not installed, to LD_LIBRARY_PATH.',
  })
}
