import {Flags} from '@oclif/core'
import {LinguluError} from '../pipeline/errors.js'
import {PROFILE_DEFAULTS, parseShapeRange, type ShapeRange} from '../pipeline/tensorrt/shape-profiles.js'

const helpGroup = 'TENSORRT'

/** How `export --to tensorrt` builds engines. None but `to` has a default here: what was given tells whether it fits. */
export const tensorrtFlags = {
  to: Flags.option({options: ['onnx', 'tensorrt'] as const})({
    default: 'onnx',
    description: 'onnx makes ONNX files of a checkpoint; tensorrt makes engines of ONNX files.',
  }),
  trtexec: Flags.string({description: 'The program; else $TRTEXEC, PATH and the usual places.', helpGroup}),
  gpu: Flags.integer({min: 0, description: 'Number of the GPU to build for. [default: 0]', helpGroup}),
  'max-batch': Flags.integer({
    min: 1,
    description: `Windows or recordings at once, at most. [default: ${PROFILE_DEFAULTS.maxBatch}]`,
    helpGroup,
  }),
  'max-beams': Flags.integer({
    min: 1,
    description: `Beams of Whisper’s decoder, at most. [default: ${PROFILE_DEFAULTS.maxBeams}]`,
    helpGroup,
  }),
  'max-seconds': Flags.integer({
    min: 1,
    description: `Length of recordings for CTC models, at most. [default: ${PROFILE_DEFAULTS.maxSeconds}]`,
    helpGroup,
  }),
  shape: Flags.custom<readonly [name: string, range: ShapeRange]>({
    multiple: true,
    helpValue: 'INPUT=MIN:OPT:MAX',
    parse: async text => parseShape(text),
  })({description: 'Sizes of an input, instead of those that follow from the model.', helpGroup}),
  workspace: Flags.integer({min: 1, description: 'Scratch memory that kernels may take, in MiB.', helpGroup}),
  'optimization-level': Flags.integer({
    min: 0,
    max: 5,
    description: '0 builds fast, 5 runs fast. [default: TensorRT’s, which is 3]',
    helpGroup,
  }),
  tf32: Flags.boolean({allowNo: true, description: 'Let floats be multiplied as TF32. [default: yes]', helpGroup}),
  'engine-cache': Flags.boolean({
    allowNo: true,
    description: 'Take engines that were built before, and keep these. [default: yes]',
    helpGroup,
  }),
}

function parseShape(text: string): readonly [name: string, range: ShapeRange] {
  const equals = text.lastIndexOf('=')
  const range = parseShapeRange(text.slice(equals + 1))
  if (equals > 0 && range !== undefined) return [text.slice(0, equals), range]
  throw new LinguluError('USAGE', `--shape ${text} is not of the form INPUT=MIN:OPT:MAX.`, {
    hint: 'For example --shape input_ids=1x1:8x4:8x448, or a single shape.',
  })
}

/** What oclif gives for these flags. */
export interface TensorRtFlags {
  readonly trtexec?: string | undefined
  readonly gpu?: number | undefined
  readonly 'max-batch'?: number | undefined
  readonly 'max-beams'?: number | undefined
  readonly 'max-seconds'?: number | undefined
  readonly shape?: readonly (readonly [name: string, range: ShapeRange])[] | undefined
  readonly workspace?: number | undefined
  readonly 'optimization-level'?: number | undefined
  readonly tf32?: boolean | undefined
  readonly 'engine-cache'?: boolean | undefined
}

/** The options of `buildEngines` that were given. */
export function tensorrtOptions(flags: TensorRtFlags) {
  const {gpu: device, 'max-batch': maxBatch, 'max-beams': maxBeams, 'max-seconds': maxSeconds} = flags
  return {
    ...(maxBatch !== undefined && {maxBatch}),
    ...(maxBeams !== undefined && {maxBeams}),
    ...(maxSeconds !== undefined && {maxSeconds}),
    trtexec: flags.trtexec,
    device,
    shapes: flags.shape && new Map(flags.shape),
    workspaceMebibytes: flags.workspace,
    optimizationLevel: flags['optimization-level'],
    tf32: flags.tf32,
    cache: flags['engine-cache'],
  }
}

/** Of making ONNX files; engines are made of files that have all that. */
const ONNX_ONLY = new Set(['layout', 'opset', 'cross-attentions'])

/**
 * Refuses flags that have no effect beside `--to`.
 *
 * @param given names of the flags that the user has written
 * @throws LinguluError USAGE
 */
export function checkTarget(to: 'onnx' | 'tensorrt', given: readonly string[]): void {
  const isForeign = (name: string) => (to === 'tensorrt' ? ONNX_ONLY.has(name) : name !== 'to' && name in tensorrtFlags)
  const foreign = given.find(isForeign)
  if (foreign === undefined) return
  throw new LinguluError('USAGE', `--${foreign} has no effect with --to ${to}.`, {
    hint: to === 'onnx' ? 'It is of --to tensorrt.' : 'Give it when the ONNX files are made.',
  })
}
