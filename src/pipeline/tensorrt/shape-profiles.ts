import {LinguluError} from '../errors.js'
import type {ModelProto} from '../onnx/onnx-ml_pb.js'
import {type GraphInput, graphInputs} from './graph-inputs.js'
import {type GraphRole, graphRole} from './graph-support.js'

/** The sizes that an engine takes, and those that it is made fastest for. */
export interface ShapeRange {
  readonly min: readonly number[]
  readonly opt: readonly number[]
  readonly max: readonly number[]
}

/** By the name of the input; inputs whose sizes are all fixed are left out. */
export type ShapeProfile = ReadonlyMap<string, ShapeRange>

export interface ProfileOptions {
  /** Windows or recordings at once, at most. */
  readonly maxBatch: number
  /** Beams of Whisper's decoder, at most: it has a row for each beam of each window. */
  readonly maxBeams: number
  /** Length of the recordings that a CTC model gets, in seconds. */
  readonly minSeconds: number
  readonly optSeconds: number
  readonly maxSeconds: number
  /** Whisper: what `config.json` says, where the graph leaves it open. */
  readonly mels?: number | undefined
  readonly audioPositions?: number | undefined
  readonly textPositions?: number | undefined
  /** By the name of the input: goes before all rules. */
  readonly shapes?: ShapeProfile | undefined
}

export const PROFILE_DEFAULTS = {maxBatch: 8, maxBeams: 5, minSeconds: 1, optSeconds: 10, maxSeconds: 30} as const

/** A dimension's range. */
type Range = readonly [min: number, opt: number, max: number]

const SAMPLE_RATE = 16_000 // Hz
/** Of CTC models of filter banks, which see two frames of 10 ms at once. */
const FILTER_BANK_FRAMES_PER_SECOND = 50
/** A window of the encoder has two frames of features for each of its positions. */
const FRAMES_PER_POSITION = 2
/** Begin, language, task, timestamps: what most prompts have. */
const USUAL_PROMPT_TOKENS = 4

/**
 * The range of sizes of each input, from what the models are used with: Whisper's encoder gets 1 to `maxBatch` windows,
 * its decoder first prompts of 1 to 448 tokens, then one token for each beam after a cache of 1 to 447; CTC models get
 * recordings of `minSeconds` to `maxSeconds`.
 *
 * @throws LinguluError USAGE for an input that no rule and no option covers, or an option that does not fit the graph
 */
export function shapeProfile(proto: ModelProto, path: string, options: ProfileOptions): ShapeProfile {
  const role = graphRole(proto)
  const inputs = graphInputs(proto)
  const profile = new Map<string, ShapeRange>()
  for (const name of options.shapes?.keys() ?? [])
    if (!inputs.some(input => input.name === name))
      throw new LinguluError('USAGE', `${path} has no input ${name}.`, {
        hint: `Its inputs are ${inputs.map(input => input.name).join(', ')}.`,
      })
  for (const input of inputs) {
    const given = options.shapes?.get(input.name)
    if (given !== undefined) profile.set(input.name, checkGiven(input, given, path))
    else if (input.dimensions.some(dimension => typeof dimension === 'string'))
      profile.set(input.name, rangeOf(input, role, path, options))
  }
  return profile
}

/** `min:opt:max`, as `1x80x3000:4x80x3000:8x80x3000`; a single shape stands for all three. */
export function parseShapeRange(text: string): ShapeRange | undefined {
  const shapes = text.split(':').map(shape => (/^\d+(?:x\d+)*$/.test(shape) ? shape.split('x').map(Number) : undefined))
  const [min, opt = min, max = min] = shapes
  if (shapes.includes(undefined) || (shapes.length !== 1 && shapes.length !== 3)) return undefined
  return min === undefined || opt === undefined || max === undefined ? undefined : {min, opt, max}
}

function checkGiven({name, dimensions}: GraphInput, range: ShapeRange, path: string): ShapeRange {
  const {min, opt, max} = range
  const fits = dimensions.every((dimension, axis) => {
    const [low = -1, middle = -1, high = -1] = [min[axis], opt[axis], max[axis]]
    return low <= middle && middle <= high && low >= 0 && (typeof dimension === 'string' || dimension === low)
  })
  if (fits && [min, opt, max].every(shape => shape.length === dimensions.length)) return range
  throw new LinguluError('USAGE', `The shapes given for ${name} of ${path} do not fit it.`, {
    hint: `It is ${dimensions.join('x')}; give min:opt:max in that order, fixed sizes as they are.`,
  })
}

function rangeOf(input: GraphInput, role: GraphRole, path: string, options: ProfileOptions): ShapeRange {
  const ranges = input.dimensions.map((dimension, axis): Range => {
    if (typeof dimension === 'number') return [dimension, dimension, dimension]
    const range = axis === 0 ? batchRange(role, options) : ruleFor(input, axis, role, options)
    if (range !== undefined) return range
    const place = dimension === '' ? `dimension ${axis}` : `dimension ${axis} (${dimension})`
    throw new LinguluError('USAGE', `${path}: how large ${place} of the input ${input.name} gets is not known.`, {
      hint: `Give its shapes: --shape ${input.name}=min:opt:max, such as ${input.name}=1x16:1x64:1x256.`,
    })
  })
  const pick = (index: 0 | 1 | 2) => ranges.map(range => range[index])
  return {min: pick(0), opt: pick(1), max: pick(2)}
}

/**
 * Kernels are chosen for the middle size: the largest batch, where most time goes. Only later passes have a row for each
 * beam: a prompt is the same for all.
 */
function batchRange(role: GraphRole, {maxBatch, maxBeams}: ProfileOptions): Range {
  return [1, maxBatch, role === 'whisper-later-pass' ? maxBatch * maxBeams : maxBatch]
}

const fixed = (size: number | undefined): Range | undefined => (size === undefined ? undefined : [size, size, size])

function ruleFor({name}: GraphInput, axis: number, role: GraphRole, options: ProfileOptions): Range | undefined {
  const {mels, audioPositions = 1500, textPositions = 448} = options
  if (role === 'whisper-encoder') {
    if (name !== 'input_features') return undefined
    return axis === 1 ? fixed(mels) : fixed(FRAMES_PER_POSITION * audioPositions)
  }
  if (role === 'waveform') return axis === 1 ? durationRange(SAMPLE_RATE, options) : undefined
  if (role === 'filter-bank') return axis === 1 ? durationRange(FILTER_BANK_FRAMES_PER_SECOND, options) : undefined
  if (role === 'other') return undefined
  if (name === 'encoder_hidden_states' && axis === 1) return fixed(audioPositions)
  if (name === 'input_ids' && axis === 1)
    return role === 'whisper-later-pass' ? [1, 1, 1] : [1, Math.min(USUAL_PROMPT_TOKENS, textPositions), textPositions]
  if (/^past_key_values\.\d+\.encoder\./.test(name) && axis === 2) return fixed(audioPositions)
  // One position is left for the token that comes.
  if (/^past_key_values\.\d+\.decoder\./.test(name) && axis === 2)
    return [1, Math.ceil((textPositions - 1) / 2), textPositions - 1]
  return undefined
}

function durationRange(rate: number, {minSeconds, optSeconds, maxSeconds}: ProfileOptions): Range {
  const middle = Math.min(Math.max(optSeconds, minSeconds), maxSeconds)
  return [Math.round(minSeconds * rate), Math.round(middle * rate), Math.round(maxSeconds * rate)]
}
