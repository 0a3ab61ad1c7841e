import {Tensor} from 'onnxruntime-node'
import type {BothHeads} from '../../decoding/ctc/joint-search.js'
import {logSoftmax} from '../../decoding/ctc/log-softmax.js'
import {LinguluError} from '../../errors.js'
import type {Session, TensorInfo} from '../../runtime/session.js'
import {type FloatType, floatsOf, floatTensor} from '../../runtime/tensor.js'
import type {CtcFolder} from '../model-folder.js'

/** The acoustic model: features in, log-probabilities of tokens out. */
export interface CtcNetwork {
  /** Tokens in an output frame. */
  readonly vocabularySize: number
  /**
   * @param features frame after frame, as a `FrameStore` gives them
   * @param frames how many there are
   * @returns output frames × vocabulary, natural logarithm
   * @throws LinguluError MODEL_INVALID where the model does not give that
   */
  logProbabilities(features: Float32Array, frames: number): Promise<Float32Array>
  /** The same and what the head of phones says, output frames × phones, where the model has one. */
  readonly bothHeads: ((features: Float32Array, frames: number) => Promise<BothHeads>) | undefined
  close(): Promise<void>
}

/** The output of the second head, as `lingulu export` names it. */
const PHONE_OUTPUT = 'phone_logits'

/** Convolutions fail on less: wav2vec2 needs 400 samples for one frame, subsampling of filter banks about ten frames. */
const SHORTEST_INPUT = {waveform: 400, 'filter-bank': 16} as const

/**
 * Opens the model and finds out what its inputs mean. Known are the waveform [batch, samples], filter banks
 * [batch, frames, mels] or [batch, mels, frames], a mask of ones and a length.
 */
export async function openCtcNetwork(folder: CtcFolder, open: (path: string) => Promise<Session>): Promise<CtcNetwork> {
  const session = await open(folder.model)
  const {inputs, output} = await describeGraph(session, folder)
  const vocabularySize = folder.vocabulary.length

  function feedsOf(features: Float32Array, frames: number): Record<string, Tensor> {
    return Object.fromEntries(inputs.map(input => [input.name, feedOf(input, features, frames)]))
  }

  /** Log-probabilities of outputs, each with so many classes. */
  async function run(features: Float32Array, frames: number, widths: ReadonlyMap<string, number>) {
    const shortest = SHORTEST_INPUT[folder.features.kind]
    const padded = frames < shortest ? withZeros(features, frames, shortest) : features
    const names = [...widths.keys()]
    const results = await session.run(feedsOf(padded, Math.max(frames, shortest)), names)
    return names.map(name => {
      const logits = results[name]
      const width = widths.get(name) as number
      if (logits === undefined || logits.dims.at(-1) !== width) {
        const shape = logits?.dims.join(' × ') ?? 'nothing'
        throw invalid(folder, `${name} is ${shape}, expected frames × ${width} tokens`)
      }
      return checked(logSoftmax(floatsOf(logits), width), width, folder)
    }) as [Float32Array, ...Float32Array[]]
  }

  async function bothHeads(features: Float32Array, frames: number): Promise<BothHeads> {
    const widths = new Map([
      [output, vocabularySize],
      [PHONE_OUTPUT, folder.phones.length],
    ])
    const [characters, phones] = await run(features, frames, widths)
    return {characters, phones: phones as Float32Array}
  }

  return {
    vocabularySize,
    async logProbabilities(features, frames) {
      const [characters] = await run(features, frames, new Map([[output, vocabularySize]]))
      return characters
    },
    bothHeads: folder.phones.length > 0 && session.outputs.has(PHONE_OUTPUT) ? bothHeads : undefined,
    close: () => session.close(),
  }
}

/** What goes in and comes out. A model that cannot be used is closed. */
async function describeGraph(session: Session, folder: CtcFolder) {
  try {
    return {inputs: describeInputs(session, folder), output: logitsOf(session, folder)}
  } catch (error) {
    await session.close()
    throw error
  }
}

type IntegerType = 'int64' | 'int32' | 'bool'
type Input =
  | {
      readonly role: 'features'
      readonly name: string
      readonly type: FloatType
      readonly shape: (frames: number) => number[]
      readonly arrange: (features: Float32Array) => Float32Array
    }
  | {readonly role: 'mask' | 'length'; readonly name: string; readonly type: IntegerType}

function feedOf(input: Input, features: Float32Array, frames: number): Tensor {
  switch (input.role) {
    case 'features':
      return floatTensor(input.type, input.arrange(features), input.shape(frames))
    case 'mask':
      return integers(input.type, new Array<number>(frames).fill(1), [1, frames])
    case 'length':
      return integers(input.type, [frames], [1])
  }
}

function describeInputs(session: Session, folder: CtcFolder): Input[] {
  const inputs = [...session.inputs].map(([name, info]) => describeInput(name, info, folder))
  if (inputs.filter(({role}) => role === 'features').length === 1) return inputs
  throw invalid(folder, `its inputs are ${[...session.inputs.keys()].join(', ')}, expected one for the audio`)
}

function describeInput(name: string, info: TensorInfo, folder: CtcFolder): Input {
  const {type, shape} = info
  if (type === 'float32' || type === 'float16')
    return {role: 'features', name, type, ...arrangement(name, shape, folder)}
  if (type === 'int64' || type === 'int32' || type === 'bool') {
    if (shape.length === 2) return {role: 'mask', name, type}
    if (shape.length === 1) return {role: 'length', name, type}
  }
  throw invalid(folder, `its input ${name}, ${type} [${shape.join(', ')}], is not one that lingulu knows`)
}

function arrangement(name: string, shape: TensorInfo['shape'], {features, ...folder}: CtcFolder) {
  const rank = shape.length
  const same = (values: Float32Array) => values
  if (features.kind === 'waveform') {
    if (rank === 2) return {shape: (frames: number) => [1, frames], arrange: same}
    if (rank === 3) return {shape: (frames: number) => [1, 1, frames], arrange: same}
  } else if (rank === 3) {
    const {mels} = features.options
    // NeMo puts the mels first and calls the input audio_signal, everybody else puts them last.
    const melsFirst = shape[2] !== mels && (shape[1] === mels || name === 'audio_signal')
    if (!melsFirst) return {shape: (frames: number) => [1, frames, mels], arrange: same}
    return {shape: (frames: number) => [1, mels, frames], arrange: (values: Float32Array) => transposed(values, mels)}
  }
  throw invalid(folder, `its input ${name} has ${rank} dimensions, which a ${features.kind} has not`)
}

function logitsOf(session: Session, folder: CtcFolder): string {
  const floats = [...session.outputs].filter(([, {type}]) => type === 'float32' || type === 'float16')
  const [name] = floats.find(([output]) => output === 'logits' || output === 'logprobs') ?? floats[0] ?? []
  if (name === undefined) throw invalid(folder, 'it has no output of floats')
  return name
}

/** A NaN in a frame makes the whole frame NaN, so one value of each is enough. */
function checked(logProbabilities: Float32Array, width: number, folder: CtcFolder): Float32Array {
  for (let start = 0; start < logProbabilities.length; start += width) {
    if (Number.isNaN(logProbabilities[start])) {
      throw new LinguluError('MODEL_INVALID', `${folder.model} gives no numbers (NaN) for frame ${start / width}`, {
        hint: 'A float16 model may overflow on this provider: use the fp32 model.',
      })
    }
  }
  return logProbabilities
}

function integers(type: IntegerType, values: readonly number[], shape: readonly number[]): Tensor {
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(values, BigInt), shape)
  if (type === 'int32') return new Tensor('int32', Int32Array.from(values), shape)
  return new Tensor('bool', Uint8Array.from(values), shape)
}

function withZeros(features: Float32Array, frames: number, wanted: number): Float32Array {
  const padded = new Float32Array((features.length / Math.max(1, frames)) * wanted)
  padded.set(features)
  return padded
}

function transposed(values: Float32Array, width: number): Float32Array {
  const frames = values.length / width
  const turned = new Float32Array(values.length)
  for (let t = 0; t < frames; t++) {
    for (let column = 0; column < width; column++) turned[column * frames + t] = values[t * width + column] as number
  }
  return turned
}

function invalid({model}: Pick<CtcFolder, 'model'>, what: string): LinguluError {
  return new LinguluError('MODEL_INVALID', `${model}: ${what}`, {
    hint: 'Give a CTC model as Optimum or lingulu exports it: input_values or input_features in, logits out.',
  })
}
