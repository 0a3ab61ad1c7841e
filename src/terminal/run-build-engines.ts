import {type BuildEnginesEvent, type BuildEnginesOptions, buildEngines} from '../pipeline/build-engines.js'
import type {EnginesRecord} from '../pipeline/tensorrt/engine-record.js'
import {formatBytes} from './format-bytes.js'
import {interruptSignal} from './interrupt.js'

export interface BuildEnginesResult {
  readonly folder: string
  readonly bytes: number
  readonly provenance: EnginesRecord
}

/** Builds engines, and shows on stderr what is under way. `trtexec` does not tell how far it is. */
export async function runBuildEngines(
  options: BuildEnginesOptions,
  {quiet}: {readonly quiet: boolean},
): Promise<BuildEnginesResult> {
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  for await (const event of buildEngines(options, {signal: interrupt.signal})) {
    const line = quiet ? undefined : progressLine(event)
    if (line !== undefined) process.stderr.write(`${line}\n`)
    if (event.type === 'done') return {folder: event.folder, bytes: event.bytes, provenance: event.record}
  }
  throw new Error('building engines ends with done')
}

function progressLine(event: BuildEnginesEvent): string | undefined {
  if (event.type === 'note') return `Note: ${event.message}`
  if (event.type === 'plan') return `TensorRT ${event.tensorrt}${event.gpu ? `, ${event.gpu.name}` : ''}`
  if (event.type === 'build') return `Building ${event.engine}: this takes minutes.`
  return undefined
}

/** One line an engine. */
export function formatEngines({folder, bytes, provenance}: BuildEnginesResult): string {
  const {tensorrt, gpu, engines} = provenance
  const head = `${folder}: TensorRT ${tensorrt}${gpu.name === undefined ? '' : ` for ${gpu.name}`}, ${formatBytes(bytes)}`
  const lines = engines.map(engine => {
    const built = engine.buildSeconds === undefined ? '' : `, built in ${engine.buildSeconds.toFixed(1)} s`
    return `  ${engine.path}  ${formatBytes(engine.bytes)}${built}${engine.cached ? ' (from the cache)' : ''}`
  })
  return [head, ...lines].join('\n')
}
