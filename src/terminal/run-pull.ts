import {parsePrecision} from '../pipeline/models/precision.js'
import {fetchModel, findModel} from '../pipeline/models/resolve-model.js'
import {interruptSignal} from './interrupt.js'
import {openPullProgress} from './pull-progress.js'

export interface RunPullOptions {
  readonly precision: string | undefined
  readonly content: 'onnx' | 'weights'
  readonly offline: boolean
  readonly quiet: boolean
}

/** Fetches a model, and shows how that goes on. Offline it is only looked for. */
export async function runPull(
  reference: string,
  {precision: text = 'auto', content, offline, quiet}: RunPullOptions,
): Promise<{readonly name: string; readonly path: string}> {
  using interrupt = interruptSignal(
    'Interrupted. What was fetched is kept.',
    'The same command goes on where it ended.',
  )
  const precision = parsePrecision(text)
  const here = offline && content === 'onnx' ? await findModel(reference, {precision}) : undefined
  if (here !== undefined) return {name: here.name, path: here.path}
  const progress = openPullProgress({quiet, stderr: process.stderr})
  try {
    for await (const event of fetchModel(reference, {precision, content, offline, signal: interrupt.signal})) {
      progress.show(event)
      if (event.type === 'done') return {name: event.name, path: event.folder}
    }
  } finally {
    progress.close()
  }
  throw new Error('a download ends with done')
}
