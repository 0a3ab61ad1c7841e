import {existsSync, readdirSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {execa} from 'execa'
import {runFasterWhisper} from './faster-whisper.js'
import {type Job, Outcome} from './runners/job.js'
import {runWhisperCpp} from './whisper-cpp.js'

/** Where the user has the programs. */
export interface Places {
  /** A folder whose node_modules has sherpa-onnx-node. */
  readonly sherpa?: string | undefined
  readonly whisperCpp?: string | undefined
  readonly python?: string | undefined
}

/** A program with a model in its own format, ready to run or missing with the reason. */
export interface Peer {
  readonly name: string
  /** How its weights are stored. */
  readonly weights: string
  readonly missing: string | undefined
  run(job: Omit<Job, 'model' | 'place'>): Promise<Outcome>
}

/** All programs, with the models that `prepare.ts` has put into `folder`. The first that is there is the reference. */
export async function findPeers(folder: string, places: Places): Promise<Peer[]> {
  const sherpa = await sherpaPlace(places.sherpa)
  const whisperCpp = await programPlace(places.whisperCpp ?? 'whisper-cli', ['--help'])
  const python = await programPlace(places.python ?? 'python3', ['-c', 'import faster_whisper'])
  const node = (
    name: string,
    weights: string,
    runner: string,
    path: string,
    missing?: string,
    place?: string,
  ): Peer => {
    const model = join(folder, path)
    return {
      name,
      weights,
      missing: missing ?? missingModel(model, path.startsWith('fused') ? /fused/ : undefined),
      run: async job => await runNode(runner, {...job, model, place}),
    }
  }
  const ggml = (type: string): Peer => {
    const model = join(folder, `ggml-${type}.bin`)
    const missing = whisperCpp === undefined ? 'whisper-cli not found: --whisper-cpp' : missingModel(model)
    const run = async (job: Omit<Job, 'model'>) => await runWhisperCpp({...job, model, place: whisperCpp})
    return {name: 'whisper.cpp', weights: type, missing, run}
  }
  const checkpoint = join(folder, 'checkpoint')
  return [
    node('lingulu, fused', 'fp32', 'lingulu', 'fused'),
    node('lingulu, huggingface', 'fp32', 'lingulu', 'huggingface'),
    node('lingulu, fused', 'preset cpu', 'lingulu', 'fused-cpu'),
    node('lingulu, huggingface', 'preset cpu', 'lingulu', 'huggingface-cpu'),
    node('transformers.js', 'fp32', 'transformers-js', 'huggingface'),
    node('sherpa-onnx', 'fp32', 'sherpa-onnx', 'sherpa', sherpa.missing, sherpa.place),
    ggml('f16'),
    ggml('q8_0'),
    {
      name: 'faster-whisper',
      weights: 'fp32',
      missing: python === undefined ? 'no Python with faster_whisper: --python' : missingModel(checkpoint),
      run: async job => await runFasterWhisper({...job, model: checkpoint, place: python}),
    },
  ]
}

/** @param stem what one of its ONNX files must be called: an export makes a layout only where it knows it */
function missingModel(path: string, stem?: RegExp): string | undefined {
  if (!existsSync(path)) return `${path} is not there: make it with prepare.ts`
  const files = stem === undefined ? [] : readdirSync(join(path, 'onnx'))
  return stem === undefined || files.some(file => stem.test(file)) ? undefined : `${path} has no files ${stem}`
}

async function sherpaPlace(given: string | undefined) {
  const place = given === undefined ? undefined : resolve(given.replace(/\/node_modules\/?.*$/, ''))
  try {
    createRequire(place === undefined ? import.meta.url : join(place, 'package.json')).resolve('sherpa-onnx-node')
    return {place, missing: undefined}
  } catch {
    return {place, missing: 'sherpa-onnx-node not found: --sherpa, or NODE_PATH'}
  }
}

async function programPlace(program: string, args: readonly string[]): Promise<string | undefined> {
  const {failed} = await execa(program, args, {reject: false, stdin: 'ignore', timeout: 30_000})
  return failed ? undefined : program
}

async function runNode(runner: string, job: Job): Promise<Outcome> {
  const script = fileURLToPath(new URL(`./runners/${runner}.ts`, import.meta.url))
  const {stdout} = await execa(process.execPath, ['--import', 'tsx', script, JSON.stringify(job)], {stdin: 'ignore'})
  return Outcome.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
}
