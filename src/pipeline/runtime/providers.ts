import {LinguluError} from '../errors.js'
import {type ProbeOptions, type ProbeResult, probeProvider} from './probe.js'
import type {Device, Provider} from './session.js'

/** What runs, and why nothing better does. Stands in every result. */
export interface ProviderChoice {
  readonly provider: Provider
  readonly rejected: readonly {readonly provider: Provider; readonly reason: string; readonly fix: string}[]
}

export interface ChooseOptions extends ProbeOptions {
  readonly deviceId?: number | undefined
  /** Replaces {@link probeProvider} in tests. */
  readonly probe?: typeof probeProvider | undefined
}

/**
 * What `auto` tries, best first, before the CPU. TensorRT is missing on purpose: from Node it has neither fp16 nor an
 * engine cache and builds for minutes. WebGPU, CoreML and DirectML copy the decoder's state over the bus at every token
 * and may sit on a software adapter, so nobody gets them unasked.
 */
const AUTO: readonly Provider[] = ['cuda']

/**
 * Turns what the user asks for into what runs. `auto` falls back to the CPU and says why; a provider asked for by name
 * is used or fails.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE with the reason and the fix.
 */
export async function chooseProvider(device: Device, options: ChooseOptions = {}): Promise<ProviderChoice> {
  const {deviceId, probe = probeProvider} = options
  // Part of every package; if it were broken, opening the model would say so.
  if (device === 'cpu') return {provider: 'cpu', rejected: []}
  if (device !== 'auto') return strict(await probe({provider: device, deviceId}, options))
  const rejected: (ProbeResult & {available: false})[] = []
  for (const provider of AUTO) {
    const result = await probe({provider, deviceId}, options)
    if (result.available) return {provider, rejected: rejected.map(why)}
    rejected.push(result)
  }
  return {provider: 'cpu', rejected: rejected.map(why)}
}

function strict(result: ProbeResult): ProviderChoice {
  if (result.available) return {provider: result.provider, rejected: []}
  const {provider, reason, fix} = result
  throw new LinguluError('PROVIDER_UNAVAILABLE', `--device ${provider} does not work here: ${reason}`, {hint: fix})
}

const why = ({provider, reason, fix}: ProbeResult & {available: false}) => ({provider, reason, fix})
