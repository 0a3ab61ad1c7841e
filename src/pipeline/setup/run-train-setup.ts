import {mkdir, rm, symlink, writeFile} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {type EngineProbe, probeEngine} from '../training/engine/engine-probe.js'
import type {SetupPlan, SetupStep} from './plan-train-setup.js'
import {setupFix} from './setup-fix.js'

export type SetupEvent =
  | {readonly type: 'step'; readonly number: number; readonly total: number; readonly what: string}
  | {readonly type: 'done'; readonly engine: EngineProbe & {readonly available: true}}

/** How much of what a failed program printed is shown. */
const LAST_LINES = 8

/**
 * Does what is planned, step by step, and trains a tiny model with what was installed.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE if a step fails or the engine does not train, with the remedy; the signal's reason
 */
export async function* runTrainSetup(
  {engine, steps}: SetupPlan,
  {signal}: {readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<SetupEvent> {
  const total = steps.length + 1
  for (const [index, step] of steps.entries()) {
    signal?.throwIfAborted()
    yield {type: 'step', number: index + 1, total, what: step.what}
    await take(step, signal)
  }
  yield {type: 'step', number: total, total, what: `train a tiny model with ${engine}`}
  const probe = await probeEngine(engine, {signal})
  if (!probe.available)
    throw new LinguluError('PROVIDER_UNAVAILABLE', `${engine} is installed but does not train: ${probe.reason}`, {
      hint: probe.fix,
    })
  yield {type: 'done', engine: probe}
}

async function take(step: SetupStep, signal: AbortSignal | undefined): Promise<void> {
  if (step.type === 'run') return await run(step, signal)
  try {
    await mkdir(dirname(step.path), {recursive: true})
    if (step.type === 'file') await writeFile(step.path, step.text, {flag: 'wx'}).catch(unlessThere)
    else {
      await rm(step.path, {force: true})
      await symlink(step.target, step.path)
    }
  } catch (error) {
    const message = `Could not ${plain(step.what)}: ${error instanceof Error ? error.message : error}`
    throw new LinguluError('PROVIDER_UNAVAILABLE', message, {cause: error, hint: setupFix(message)})
  }
}

/** What was there before is somebody's, and serves as well. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function run(
  {what, program, args, cwd, env}: Extract<SetupStep, {readonly type: 'run'}>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const {execa} = await import('execa')
  const result = await execa(program, args, {
    cwd,
    env,
    all: true,
    reject: false,
    stdin: 'ignore',
    ...(signal === undefined ? {} : {cancelSignal: signal}),
  })
  signal?.throwIfAborted()
  // The package's script reports a failed compilation and yet ends well: the trial at the end would be the first to tell.
  const bad = result.failed || /node-pre-gyp install failed/.test(result.all)
  if (!bad) return
  const words = result.all === '' ? result.shortMessage : result.all
  const lines = (words ?? '').trim().split('\n').slice(-LAST_LINES).join('\n')
  throw new LinguluError('PROVIDER_UNAVAILABLE', `Could not ${plain(what)}:\n${lines}`, {hint: setupFix(words ?? '')})
}

/** Without what stands in brackets for the choice beforehand. */
const plain = (what: string): string => what.replace(/ \(.*\)$/, '')
