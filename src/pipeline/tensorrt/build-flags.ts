import {LinguluError} from '../errors.js'
import type {GraphTypes} from './graph-inputs.js'
import type {ShapeProfile, ShapeRange} from './shape-profiles.js'
import {formatTensorRtVersion, isAtLeast, type TensorRtVersion} from './trtexec-version.js'

/** `source`: as the ONNX file says it; `fp16`: halves where it says floats. */
export type EnginePrecision = 'source' | 'fp16'

export interface BuildFlagOptions {
  readonly precision: EnginePrecision
  /** Scratch memory that kernels may take, in MiB. Default: all there is (before 8.4: {@link OLD_WORKSPACE_MEBIBYTES}). */
  readonly workspaceMebibytes?: number | undefined
  /** 0 (fast to build) to 5 (fast to run); TensorRT's default is 3. Since 8.6. */
  readonly optimizationLevel?: number | undefined
  /** Whether floats may be multiplied as TF32 (10 bits of mantissa). Default: TensorRT's, which is yes. */
  readonly tf32?: boolean | undefined
  /** Number of the GPU. Default 0. */
  readonly device?: number | undefined
}

/** Before 8.4 the default was 16 MiB, with which large layers find no kernel. */
export const OLD_WORKSPACE_MEBIBYTES = 2048

/** From TensorRT 10 on precision stands in the ONNX file; 11 knows nothing else. */
export const takesTypedOnnx = ({major}: TensorRtVersion): boolean => major >= 10

/**
 * The options of `trtexec` for a build, as its version knows them, without file names. 8 and 9 choose precision by
 * `--fp16` and `--int8`; 10 is told to keep to the types of the ONNX file, which 11 does always.
 *
 * @param types of the ONNX file that is given to `trtexec`
 * @throws LinguluError OPTION_UNSUPPORTED for an option that this version does not have
 */
export function buildFlags(
  version: TensorRtVersion,
  types: GraphTypes,
  profile: ShapeProfile,
  options: BuildFlagOptions,
): string[] {
  const {optimizationLevel, tf32 = true, device = 0} = options
  if (optimizationLevel !== undefined && !isAtLeast(version, 8, 6))
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `TensorRT ${formatTensorRtVersion(version)} has no optimization levels.`,
      {hint: 'Leave --optimization-level out, or take TensorRT 8.6 or later.'},
    )
  return [
    ...shapeFlags(profile),
    ...precisionFlags(version, types, options.precision),
    ...(tf32 ? [] : ['--noTF32']),
    ...workspaceFlags(version, options.workspaceMebibytes),
    ...(optimizationLevel === undefined ? [] : [`--builderOptimizationLevel=${optimizationLevel}`]),
    ...(device === 0 ? [] : [`--device=${device}`]),
    isAtLeast(version, 8, 6) ? '--skipInference' : '--buildOnly',
  ]
}

function shapeFlags(profile: ShapeProfile): string[] {
  if (profile.size === 0) return []
  const flag = (name: string, key: keyof ShapeRange) =>
    `--${name}=${[...profile].map(([input, range]) => `${input}:${range[key].join('x')}`).join(',')}`
  return [flag('minShapes', 'min'), flag('optShapes', 'opt'), flag('maxShapes', 'max')]
}

function precisionFlags(version: TensorRtVersion, {isQuantized, isHalf}: GraphTypes, precision: EnginePrecision) {
  if (version.major >= 11) return []
  if (takesTypedOnnx(version)) return ['--stronglyTyped']
  return [...(isQuantized ? ['--int8'] : []), ...(isHalf || precision === 'fp16' ? ['--fp16'] : [])]
}

/** Without a unit, which is MiB in every version; `1024MiB` is read as 1024 bytes by some. */
function workspaceFlags(version: TensorRtVersion, mebibytes: number | undefined): string[] {
  if (isAtLeast(version, 8, 4)) return mebibytes === undefined ? [] : [`--memPoolSize=workspace:${mebibytes}`]
  return [`--workspace=${mebibytes ?? OLD_WORKSPACE_MEBIBYTES}`]
}
