import {floatSource, readFloats} from '../../export/float-source.js'
import {readSafetensors} from '../../export/safetensors-read.js'
import type {Values} from '../engine/training-engine.js'
import type {Weights} from './training-task.js'

/** All tensors of a safetensors file as float32. @throws LinguluError MODEL_MISSING, MODEL_INVALID */
export async function readWeights(path: string): Promise<Weights> {
  const {tensors} = await readSafetensors(path)
  const weights = new Map<string, Values<Float32Array>>()
  for (const [name, tensor] of tensors)
    weights.set(name, {values: await readFloats(floatSource(tensor)), shape: tensor.shape})
  return weights
}
