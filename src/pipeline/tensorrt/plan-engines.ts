import {posix} from 'node:path'
import {LinguluError} from '../errors.js'
import {type FileRecord, recordFile} from '../models/file-record.js'
import {externalDataFiles} from '../models/onnx-external-data.js'
import type {Model} from '../onnx/model.js'
import {readModel} from '../onnx/read-model.js'
import {type BuildFlagOptions, buildFlags, takesTypedOnnx} from './build-flags.js'
import {type EngineSource, engineName, modelPath} from './engine-source.js'
import {graphTypes} from './graph-inputs.js'
import {checkSupport} from './graph-support.js'
import {type ProfileOptions, shapeProfile} from './shape-profiles.js'
import type {TensorRtVersion} from './trtexec-version.js'

/** An engine to be made. */
export interface PlannedEngine {
  /** The name of its file. */
  readonly name: string
  /** The ONNX file, relative to the source's folder. */
  readonly model: string
  readonly files: readonly FileRecord[]
  /** The model has to be given to `trtexec` in half precision, which the file is not in. */
  readonly convertedToHalf: boolean
  readonly flags: readonly string[]
}

export interface PlanOptions
  extends BuildFlagOptions,
    Omit<ProfileOptions, 'mels' | 'audioPositions' | 'textPositions'> {}

/**
 * Everything about the engines of a source that can be known before the first build, so that what is wrong with the last
 * model is said before the first one has been built for minutes.
 *
 * @throws LinguluError MODEL_INVALID, OPTION_UNSUPPORTED, USAGE
 */
export async function planEngines(
  source: EngineSource,
  version: TensorRtVersion,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<PlannedEngine[]> {
  const engines: PlannedEngine[] = []
  const unused = new Set(options.shapes?.keys())
  for (const model of source.models) {
    signal.throwIfAborted()
    const path = modelPath(source, model)
    const read = await readModel(path)
    checkSupport(read.proto, path)
    const given = new Map([...(options.shapes ?? [])].filter(([name]) => hasInput(read, name)))
    for (const name of given.keys()) unused.delete(name)
    const profile = shapeProfile(read.proto, path, {...options, ...source.sizes, shapes: given})
    const types = graphTypes(read.proto)
    const convertedToHalf = options.precision === 'fp16' && !types.isHalf && takesTypedOnnx(version)
    const flags = buildFlags(version, {...types, isHalf: types.isHalf || convertedToHalf}, profile, options)
    const beside = await externalDataFiles(path)
    const files: FileRecord[] = []
    for (const file of [model, ...beside.map(location => posix.join(posix.dirname(model), location))])
      files.push(await recordFile(source.folder, file, signal))
    engines.push({name: engineName(model, convertedToHalf), model, files, convertedToHalf, flags})
  }
  const [unknown] = unused
  if (unknown === undefined) return engines
  throw new LinguluError('USAGE', `No model of ${source.folder} has an input ${unknown}.`, {
    hint: `There are ${source.models.join(', ')}.`,
  })
}

const hasInput = ({proto}: Model, name: string) => proto.graph?.input.some(input => input.name === name) ?? false
