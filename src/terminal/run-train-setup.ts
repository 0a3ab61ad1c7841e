import {EXIT} from '../pipeline/exit-codes.js'
import {findLibtensorflow} from '../pipeline/setup/libtensorflow.js'
import {planTrainSetup, type SetupPlan, type SetupStep} from '../pipeline/setup/plan-train-setup.js'
import {runTrainSetup} from '../pipeline/setup/run-train-setup.js'
import type {EngineProbe} from '../pipeline/training/engine/engine-probe.js'
import {tfjsFolder} from '../pipeline/training/engine/tfjs/find-tfjs.js'
import {confirm} from './confirm.js'
import {interruptSignal} from './interrupt.js'

export interface RunTrainSetupOptions {
  readonly engine: 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-wasm'
  readonly libtensorflow?: string | undefined
  readonly yes: boolean
  readonly dryRun: boolean
  /** Shows a line to people. */
  readonly print: (line: string) => void
}

export interface TrainSetup extends SetupPlan {
  /** What the trial gave; undefined where nothing was done. */
  readonly probe?: EngineProbe | undefined
}

/** Shows what is to be done, asks, and does it. */
export async function setUpTraining(options: RunTrainSetupOptions): Promise<TrainSetup> {
  const {engine, yes, dryRun, print} = options
  const libtensorflow = options.libtensorflow === undefined ? undefined : await findLibtensorflow(options.libtensorflow)
  const plan = planTrainSetup({engine, folder: tfjsFolder(), libtensorflow})
  print(`${engine} goes into ${plan.folder}, where every lingulu of this user finds it:`)
  for (const [index, step] of plan.steps.entries())
    print(`  ${index + 1}. ${step.what}${dryRun ? commandOf(step) : ''}`)
  if (libtensorflow !== undefined) print(`Keep ${libtensorflow.folder}: the libraries are loaded from there.`)
  if (dryRun) return plan
  if (!yes && !(await confirm('Install it?', '--yes'))) {
    process.exitCode = EXIT.usage
    return plan
  }
  using interrupt = interruptSignal('Interrupted.', 'The same command goes on.')
  for await (const event of runTrainSetup(plan, {signal: interrupt.signal})) {
    if (event.type === 'step') print(`[${event.number}/${event.total}] ${event.what}`)
    else {
      print(`${engine} works: a training step in ${event.engine.milliseconds.toFixed(1)} ms.`)
      return {...plan, probe: event.engine}
    }
  }
  throw new Error('a setup ends with done')
}

function commandOf(step: SetupStep): string {
  if (step.type === 'file') return `\n     ${step.path}`
  if (step.type === 'link') return `\n     ln -sfn ${step.target} ${step.path}`
  const short = (value: string) => value.replace(process.env.PATH ?? '', '$PATH')
  const env = Object.entries(step.env).map(([name, value]) => `${name}=${JSON.stringify(short(value))} `)
  return `\n     cd ${step.cwd} && ${env.join('')}${[step.program, ...step.args].join(' ')}`
}
