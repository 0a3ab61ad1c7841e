import {LinguluError} from '../errors.js'
import type {Provider, SessionOptions} from './session.js'

export interface WorkerChoice {
  readonly provider: Provider
  /** GPU numbers of `--devices`; one worker each. */
  readonly devices?: readonly number[] | undefined
  /** Workers on the CPU, which share its cores. */
  readonly workers?: number | undefined
  /** Threads of all workers together. */
  readonly threads?: number | undefined
  readonly cores: number
}

/**
 * One worker for each device; on the CPU, as many as asked for. The threads are split evenly, the first workers getting
 * what is left over.
 *
 * @throws LinguluError OPTION_UNSUPPORTED when an option means nothing for the provider.
 */
export function planWorkers({provider, devices, workers, threads, cores}: WorkerChoice): readonly SessionOptions[] {
  const onCpu = provider === 'cpu'
  if (onCpu && devices !== undefined) {
    throw new LinguluError('OPTION_UNSUPPORTED', '--devices chooses GPUs, but the model runs on the CPU.', {
      hint: 'Use --workers to run several workers on the CPU, or --device cuda.',
    })
  }
  if (!onCpu && workers !== undefined) {
    throw new LinguluError('OPTION_UNSUPPORTED', `--workers shares out the CPU, but the model runs on ${provider}.`, {
      hint: 'Use --devices 0,1 to run one worker on each GPU.',
    })
  }
  if (devices !== undefined && new Set(devices).size < devices.length) {
    throw new LinguluError('USAGE', `--devices ${devices.join(',')} names a GPU twice.`)
  }
  const places: readonly (number | undefined)[] = onCpu
    ? Array.from({length: workers ?? 1}, () => undefined)
    : (devices ?? [undefined])
  const total = threads ?? cores
  return places.map((deviceId, index) => ({
    provider,
    ...(deviceId === undefined ? {} : {deviceId}),
    threads: Math.max(1, Math.floor(total / places.length) + (index < total % places.length ? 1 : 0)),
  }))
}
