import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {arch, cpus, platform, totalmem} from 'node:os'
import {checkNvidia} from '../doctor/check-nvidia.js'
import {type RunProgram, runProgram} from '../doctor/run-program.js'
import {packageFile} from '../models/package-root.js'
import {usableCores} from '../runtime/cores.js'
import {packageVersion} from '../version.js'
import type {EvaluationReport} from './evaluation-report.js'

/** On what machine, and with what programs, a report was made. */
export async function gatherEnvironment(
  device: string | null,
  run: RunProgram = runProgram,
): Promise<EvaluationReport['environment']> {
  const [nvidia, commit] = await Promise.all([checkNvidia(run), findCommit(run)])
  return {
    version: packageVersion(),
    commit,
    node: process.versions.node,
    onnxruntime: onnxRuntimeVersion(),
    platform: `${platform()} ${arch()}`,
    cpu: cpuName(),
    cores: usableCores(),
    memoryBytes: totalmem(),
    gpu: nvidia?.gpus.map(({name}) => name).join(', ') || null,
    device,
  }
}

/** `Intel Xeon, 8 cores`: enough to tell whether times can be compared. */
export const machineName = (): string => `${cpuName()}, ${usableCores()} cores`

const cpuName = (): string => cpus()[0]?.model.trim() || 'unknown'

/** Of lingulu itself where it runs from a checkout; the commit of the user's project says nothing of these numbers. */
async function findCommit(run: RunProgram): Promise<string | null> {
  const root = packageFile('')
  const text = await run('git', ['-C', root, 'rev-parse', '--show-prefix', 'HEAD'])
  // The first line is the place below the top of the checkout: empty where lingulu is that checkout itself.
  return /^\n([0-9a-f]{40,64})\s*$/.exec(text ?? '')?.[1] ?? null
}

function onnxRuntimeVersion(): string {
  // Its package does not export package.json, and asking the library would load it.
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = entry.slice(0, entry.lastIndexOf('onnxruntime-node') + 'onnxruntime-node'.length)
  const {version}: {version: string} = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  return version
}
