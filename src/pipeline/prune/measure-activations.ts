import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {type ActivationOutput, withActivationOutputs} from '../onnx/prune/activation-outputs.js'
import type {ChannelGroup} from '../onnx/prune/channels.js'
import type {ChannelScores} from '../onnx/prune/prune-channels.js'
import {writeModel} from '../onnx/write-model.js'
import {readFeeds} from '../quantize/calibration-file.js'
import {checkedFeeds} from '../quantize/checked-feeds.js'
import {usableCores} from '../runtime/cores.js'
import {openSession} from '../runtime/open-session.js'
import type {Session} from '../runtime/session.js'
import {withScratchFolder} from '../transcripts/draft-folder.js'

/**
 * The mean magnitude of each channel at the products that read it, over all positions of recorded inputs. Runs the model
 * in this process; memory does not grow with the number of runs.
 *
 * @param feeds a file of recorded inputs
 * @throws LinguluError INPUT_MISSING; CONFIG_INVALID for inputs that do not fit the model; MODEL_INVALID
 */
export async function measureActivations(
  model: Model,
  groups: readonly ChannelGroup[],
  feeds: string,
  signal?: AbortSignal,
): Promise<ChannelScores> {
  const {model: exposed, outputs} = withActivationOutputs(model, groups)
  return await withScratchFolder(join(tmpdir(), 'model.onnx'), async folder => {
    const path = join(folder, 'model.onnx')
    await writeModel(exposed, path, {signal})
    const session = await openSession(path, {provider: 'cpu', threads: usableCores()})
    try {
      return await run(session, outputs, feeds, signal)
    } finally {
      await session.close()
    }
  })
}

interface Total {
  readonly sums: Float64Array
  positions: number
}

async function run(
  session: Session,
  outputs: readonly ActivationOutput[],
  path: string,
  signal: AbortSignal | undefined,
): Promise<ChannelScores> {
  const totals = new Map<ChannelGroup, Total>()
  const names = outputs.flatMap(one => [one.sums, one.count])
  for await (const {sample, feeds} of readFeeds(path)) {
    signal?.throwIfAborted()
    const results = await session.run(await checkedFeeds(session, sample, feeds), names)
    for (const output of outputs) add(totals, output, results)
  }
  const idle = [...totals].find(([, {positions}]) => positions === 0)
  if (idle !== undefined)
    throw new LinguluError('CONFIG_INVALID', `No recorded input reaches ${idle[0].name}.`, {
      hint: 'Record more of what the model is given, or leave that layer out with --exclude.',
    })
  return new Map([...totals].map(([group, {sums, positions}]) => [group, sums.map(sum => sum / positions)]))
}

function add(
  totals: Map<ChannelGroup, Total>,
  {group, sums, count}: ActivationOutput,
  results: Readonly<Record<string, Tensor>>,
): void {
  const total = totals.get(group) ?? {sums: new Float64Array(group.channels), positions: 0}
  totals.set(group, total)
  const values = results[sums]?.data
  const counts = results[count]?.data
  if (!(values instanceof Float32Array) || !(counts instanceof BigInt64Array)) throw new TypeError(`${sums} is missing`)
  for (const [index, value] of values.entries()) {
    const channel = Math.floor(index / group.unit)
    total.sums[channel] = (total.sums[channel] ?? 0) + value
  }
  total.positions += Number(counts[0] ?? 0n) / group.channels
}
