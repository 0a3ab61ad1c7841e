import {existsSync, readFileSync} from 'node:fs'
import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

const program = fileURLToPath(new URL('../fixtures/tensorrt/stand-in-trtexec.mjs', import.meta.url))

export interface StandIn {
  /** As the banner has it: `v101601] [b11`. */
  readonly version?: string
  /** What a build prints; by default what a successful one does. */
  readonly log?: string
  readonly exitCode?: number
  /** Printed instead of anything else, also for `--help`. */
  readonly startError?: string
  readonly hang?: boolean
  readonly killedBy?: string
  readonly noEngine?: boolean
  /** What `nvidia-smi` prints; by default there is none. */
  readonly gpu?: string
}

/** Puts a program `trtexec` into `folder` that behaves as told; see the fixture. */
export async function installStandIn(folder: string, standIn: StandIn = {}) {
  await mkdir(folder, {recursive: true})
  const {version = 'v101601] [b11', exitCode = 0, gpu, ...rest} = standIn
  const log = standIn.log ?? buildLog({version})
  const calls = join(folder, 'calls.jsonl')
  const config = join(folder, 'config.json')
  await writeFile(config, JSON.stringify({...rest, log, version, exitCode, calls}))
  const trtexec = join(folder, 'trtexec')
  await script(trtexec, `exec '${process.execPath}' '${program}' '${config}' "$@"`)
  return {
    trtexec,
    env: {PATH: process.env.PATH, TRTEXEC: trtexec, LINGULU_CACHE: join(folder, 'cache')},
    run: async () => gpu,
    /** The arguments of all builds so far. */
    builds(): string[][] {
      if (!existsSync(calls)) return []
      const all = readFileSync(calls, 'utf8').trim().split('\n')
      return all.map(line => JSON.parse(line) as string[]).filter(args => !args.includes('--help'))
    },
  }
}

async function script(path: string, command: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${command}\n`)
  await chmod(path, 0o755)
}

const TIME = '[03/04/2026-05:06:07]'

/** Logs in the grammar of trtexec with figures that were made up. */
export function buildLog({version = 'v101601] [b11', gpu = 'NVIDIA Imaginary 1'}: {version?: string; gpu?: string}) {
  return [
    `&&&& RUNNING TensorRT.trtexec [TensorRT ${version}] # trtexec --onnx=a.onnx --saveEngine=a.engine`,
    `${TIME} [I] === Device Information ===`,
    `${TIME} [I] Selected Device: ${gpu}`,
    `${TIME} [I] Compute Capability: 9.9`,
    `${TIME} [W] [TRT] ModelImporter.cpp:1: Make sure output y has Int64 binding.`,
    `${TIME} [I] Created engine with size: 3.25 MiB`,
    `${TIME} [V] [TRT] Engine Layer Information:`,
    'Layer(Myelin): Engine built in 9 sec.',
    `${TIME} [I] Engine built in 12.5 sec.`,
    `${TIME} [I] Skipped inference phase since --skipInference is added.`,
    `&&&& PASSED TensorRT.trtexec [TensorRT ${version}] # trtexec --onnx=a.onnx --saveEngine=a.engine`,
  ].join('\n')
}

/** A build that ended with these lines, given as level and text. */
export function failedLog(
  lines: readonly (readonly [level: 'I' | 'W' | 'E' | 'F', text: string])[],
  version = 'v100300',
) {
  const banner = (word: string) => `&&&& ${word} TensorRT.trtexec [TensorRT ${version}] # trtexec --onnx=a.onnx`
  return [banner('RUNNING'), ...lines.map(([level, text]) => `${TIME} [${level}] ${text}`), banner('FAILED')].join('\n')
}

export interface InventedSummary {
  readonly version: string
  readonly endToEnd?: boolean
  readonly percentiles?: readonly string[]
  readonly latency?: string
}

/** A log that ends with a performance summary, as that version prints it. */
export function performanceLog({version, endToEnd = false, percentiles = ['99'], latency = '1.5'}: InventedSummary) {
  const row = (name: string, first: string) =>
    `${TIME} [I] ${name}: min = ${first} ms, max = 4.5 ms, mean = 2.25 ms, median = 2 ms${percentiles.map((percent, i) => `, percentile(${percent}%) = ${3 + i / 4} ms`).join('')}`
  return [
    `&&&& RUNNING TensorRT.trtexec [TensorRT ${version}] # trtexec --loadEngine=a.engine --verbose`,
    `${TIME} [I] Warmup completed 34 queries over 200 ms`,
    `${TIME} [I] Timing trace has 1001 queries over 3.00073 s`,
    `${TIME} [I] === Trace details ===`,
    `${TIME} [I] Average on 10 runs - GPU latency: 1 ms - Host latency: 2 ms (enqueue 0.5 ms)`,
    `${TIME} [I] `,
    `${TIME} [I] === Performance summary ===`,
    `${TIME} [I] Throughput: 333.5 qps`,
    row('Latency', latency),
    ...(endToEnd ? [row('End-to-End Host Latency', '1.75')] : []),
    row('Enqueue Time', '1e-05'),
    row('H2D Latency', '0'),
    row('GPU Compute Time', '1.25'),
    row('D2H Latency', '0.25'),
    `${TIME} [I] Total Host Walltime: 3.00073 s`,
    `${TIME} [I] Total GPU Compute Time: 2.5 s`,
    `${TIME} [W] * GPU compute time is unstable, with coefficient of variance = 6.5%.`,
    `${TIME} [W]   If not already in use, locking GPU clock frequency may improve the stability.`,
    `${TIME} [V] Throughput: the observed throughput computed by dividing the number of queries by the time.`,
    `${TIME} [V] Latency: the summation of H2D Latency, GPU Compute Time, and D2H Latency.`,
    `${TIME} [I]`,
    `&&&& PASSED TensorRT.trtexec [TensorRT ${version}] # trtexec --loadEngine=a.engine --verbose`,
  ].join('\n')
}
