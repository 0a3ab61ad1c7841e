import type {Interfaces} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import {parsePrecision} from '../pipeline/models/precision.js'
import type {OpenModelOptions} from '../pipeline/open-model.js'
import type {modelFlags} from './model-flags.js'

export type ModelFlags = Interfaces.InferredFlags<typeof modelFlags>

/**
 * Which model, and where it runs.
 *
 * @throws LinguluError USAGE
 */
export function modelOptions(flags: ModelFlags): OpenModelOptions & {readonly model: string | undefined} {
  return {
    model: flags.model,
    precision: flags.precision === undefined ? undefined : parsePrecision(flags.precision),
    offline: flags.offline,
    device: flags.device,
    devices: flags.devices === undefined ? undefined : parseDevices(flags.devices),
    threads: flags.threads,
    workers: flags.workers,
    batchSize: flags['batch-size'],
    timeoutSeconds: flags.timeout,
  }
}

function parseDevices(text: string): number[] {
  const devices = text.split(',').map(Number)
  if (devices.every(device => Number.isInteger(device) && device >= 0)) return devices
  throw new LinguluError('USAGE', `--devices ${text}: not GPU numbers.`, {hint: 'Give numbers with commas: 0,1.'})
}
