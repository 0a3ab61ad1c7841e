import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {LinguluError} from '../errors.js'
import type {Model} from '../onnx/model.js'
import {
  type CalibrationModel,
  withCalibrationOutputs,
  withRangeOutputs,
} from '../onnx/quantize/static/calibration-outputs.js'
import {
  type Calibration,
  MinMaxCollector,
  neverSeen,
  notFinite,
  RangeCollectors,
} from '../onnx/quantize/static/collectors.js'
import type {Ranges} from '../onnx/quantize/static/range.js'
import {writeModel} from '../onnx/write-model.js'
import {usableCores} from '../runtime/cores.js'
import {openSession} from '../runtime/open-session.js'
import type {Session} from '../runtime/session.js'
import {withScratchFolder} from '../transcripts/draft-folder.js'
import type {CalibrationSample} from './calibration-file.js'
import {checkedFeeds} from './checked-feeds.js'

export interface CalibrateOptions {
  /** Default: the least and the greatest value. */
  readonly calibration?: Calibration | undefined
  /** Default: the cores of this machine. */
  readonly threads?: number | undefined
  /** How much the tensors may take that are looked at together. More need more passes over the samples. Default 256 MiB. */
  readonly bytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Samples that have been run, of all passes; how many that will be is known after the first pass. */
  readonly onProgress?: ((progress: {readonly done: number; readonly total: number | undefined}) => void) | undefined
}

const DEFAULT_BYTES = 256 * 1024 ** 2

/**
 * The ranges of tensors inside a model, over samples of what it is given. It runs on the CPU, without optimisation, so that
 * every tensor is there, in this process: it blocks it.
 *
 * @param tensors as calibratedTensors gives them
 * @param samples iterated over once for `minmax`, more often for the others; one at a time is in memory
 * @throws LinguluError CONFIG_INVALID for samples that do not fit the model and where there are none; MODEL_INVALID for
 *   a model that cannot be run and for values that are not finite; OPTION_UNSUPPORTED without tensors; the signal's reason
 */
export async function calibrate(
  model: Model,
  tensors: readonly string[],
  samples: AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>,
  options: CalibrateOptions = {},
): Promise<Ranges> {
  if (tensors.length === 0)
    throw new LinguluError('OPTION_UNSUPPORTED', 'The model has no nodes that static quantization could change.', {
      hint: 'Give the float32 model, and operators that it has.',
    })
  const {calibration = {method: 'minmax'}, bytes = DEFAULT_BYTES} = options
  const runner = new Runner(samples, options)
  const {ranges, sizes} = await firstPass(runner, model, tensors, calibration)
  if (calibration.method === 'minmax') return ranges
  const groups = groupBySize(tensors, sizes, bytes)
  runner.expect(groups.length)
  const collectors = new RangeCollectors(tensors, calibration)
  for (const group of groups)
    await runner.pass(withCalibrationOutputs(model, group), (tensor, values, sample) =>
      collectors.add(tensor, values, sample),
    )
  return collectors.ranges()
}

/** The ends of all tensors, and how many values each has at most. */
async function firstPass(runner: Runner, model: Model, tensors: readonly string[], calibration: Calibration) {
  const options = calibration.method === 'minmax' ? calibration : {}
  const collectors = new Map(tensors.map(tensor => [tensor, new MinMaxCollector(options)]))
  const sizes = new Map<string, number>()
  await runner.pass(withRangeOutputs(model, tensors), (tensor, values, sample) => {
    const [lowest, highest, zero, count = 0] = values
    // Without elements there is neither a least nor a greatest.
    if (lowest === undefined || highest === undefined || values.length < 4 || count === 0) return
    if (Number.isNaN(zero)) {
      const odd = [lowest, highest].find(value => !Number.isFinite(value)) ?? Number.NaN
      throw notFinite(tensor, sample, new RangeError(`it has the value ${odd}`))
    }
    collectors.get(tensor)?.addRange({lowest, highest})
    sizes.set(tensor, Math.max(sizes.get(tensor) ?? 0, count))
  })
  const ranges = new Map([...collectors].map(([name, collector]) => [name, collector.range() ?? neverSeen(name)]))
  return {ranges, sizes}
}

function groupBySize(tensors: readonly string[], sizes: ReadonlyMap<string, number>, bytes: number): string[][] {
  const groups: string[][] = []
  let room = 0
  for (const tensor of tensors) {
    const size = 4 * (sizes.get(tensor) ?? 0)
    const group = groups.at(-1)
    if (group !== undefined && size <= room) group.push(tensor)
    else {
      groups.push([tensor])
      room = bytes
    }
    room -= size
  }
  return groups
}

/** Runs models over the samples, pass by pass. */
class Runner {
  readonly #samples: AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>
  readonly #options: CalibrateOptions
  #done = 0
  #perPass = 0
  #total: number | undefined

  constructor(samples: AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>, options: CalibrateOptions) {
    this.#samples = samples
    this.#options = options
  }

  /** How many passes come after the first. */
  expect(passes: number): void {
    this.#perPass = this.#done
    this.#total = this.#perPass * (1 + passes)
  }

  async pass(
    {model, outputs}: CalibrationModel,
    collect: (tensor: string, values: Float32Array, sample: string) => void,
  ): Promise<void> {
    const {signal, threads = usableCores()} = this.#options
    await withScratchFolder(join(tmpdir(), 'model.onnx'), async folder => {
      const path = join(folder, 'model.onnx')
      await writeModel(model, path, {signal})
      const session = await openSession(path, {provider: 'cpu', threads, optimization: 'disabled'})
      try {
        await this.#run(session, outputs, collect)
      } finally {
        await session.close()
      }
    })
  }

  async #run(
    session: Session,
    outputs: ReadonlyMap<string, string>,
    collect: (tensor: string, values: Float32Array, sample: string) => void,
  ): Promise<void> {
    const {signal, onProgress} = this.#options
    let count = 0
    for await (const {sample, feeds} of this.#samples) {
      signal?.throwIfAborted()
      const results = await session.run(await checkedFeeds(session, sample, feeds), [...outputs.values()])
      for (const [tensor, output] of outputs) {
        const data = results[output]?.data
        if (data instanceof Float32Array) collect(tensor, data, sample)
      }
      count++
      onProgress?.({done: ++this.#done, total: this.#total})
    }
    if (count > 0) return
    throw new LinguluError('CONFIG_INVALID', 'There are no calibration samples.', {
      hint: 'Give recordings like those that the model will hear; 32 are enough for most models.',
    })
  }
}
