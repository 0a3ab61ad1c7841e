import {LinguluError} from '../../errors.js'
import {openCheckpoint} from '../../export/checkpoint.js'
import {floatSource, readFloats} from '../../export/float-source.js'
import {type SpeechEncoderConfig, speechEncoder} from '../architectures/speech-encoder.js'
import {Tape} from '../engine/tape.js'
import type {Weights} from './training-task.js'

/**
 * The weights of the encoder in a model folder of lingulu's own, whatever its head is.
 *
 * @throws LinguluError MODEL_MISSING; MODEL_INVALID where it is another encoder, naming the first tensor that does not fit
 */
export async function readEncoderWeights(folder: string, sizes: SpeechEncoderConfig): Promise<Weights> {
  const {tensors} = await openCheckpoint(folder)
  const weights = new Map<string, {readonly values: Float32Array; readonly shape: readonly number[]}>()
  for (const [name, shape] of encoderShapes(sizes)) {
    const tensor = tensors.get(name)
    if (tensor?.shape.join() !== shape.join()) throw otherEncoder(folder, name, shape, tensor?.shape)
    weights.set(name, {values: await readFloats(floatSource(tensor)), shape})
  }
  return weights
}

function encoderShapes(sizes: SpeechEncoderConfig): ReadonlyMap<string, readonly number[]> {
  const tape = new Tape({training: false})
  speechEncoder(tape, sizes)
  return new Map(
    tape.variables.flatMap(({operation, shape}) =>
      operation.type === 'parameter' ? [[operation.name, shape.map(Number)] as const] : [],
    ),
  )
}

function otherEncoder(folder: string, name: string, wanted: readonly number[], found: readonly number[] | undefined) {
  const problem = found === undefined ? 'is not there' : `has the shape [${found.join(', ')}]`
  return new LinguluError(
    'MODEL_INVALID',
    `${folder}: tensor ${JSON.stringify(name)} of the encoder ${problem}, not [${wanted.join(', ')}].`,
    {hint: 'Give `encoder` the sizes that the config.json there has, or choose another folder.'},
  )
}
