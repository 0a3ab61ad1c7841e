import {readSafetensors} from '../export/safetensors-read.js'
import type {Model} from '../onnx/model.js'
import {calibratedTensors} from '../onnx/quantize/static/calibrated-tensors.js'
import type {Calibration} from '../onnx/quantize/static/collectors.js'
import {quantizeStatic} from '../onnx/quantize/static/quantize-static.js'
import type {StaticOptions} from '../onnx/quantize/static/static-options.js'
import type {StaticQuantizer, StaticStep} from './apply-recipe.js'
import {calibrate} from './calibrate.js'
import {readFeeds} from './calibration-file.js'

export interface StaticQuantizerOptions {
  /** The model before any step. */
  readonly original: Model
  /** A file of feeds. */
  readonly calibration: string
  readonly signal?: AbortSignal | undefined
  /** Of calibrating. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/**
 * Quantizes by static steps: ranges are those that tensors have in the model as it was, whatever earlier steps have done to
 * it.
 */
export function createStaticQuantizer({
  original,
  calibration,
  signal,
  onProgress,
}: StaticQuantizerOptions): StaticQuantizer {
  return async (model, step) => {
    const options = staticOptions(step)
    const tensors = calibratedTensors(model, options)
    if (tensors.length === 0) return {model, nodes: []}
    // Where an earlier step has renamed them, they are only here.
    const isOriginal = tensors.every(name => hasTensor(original, name))
    const samples = await countSamples(calibration)
    const passes = step.calibrationMethod === undefined || step.calibrationMethod === 'minmax' ? 1 : 2
    const ranges = await calibrate(isOriginal ? original : model, tensors, readFeeds(calibration), {
      calibration: calibrationOf(step),
      signal,
      onProgress: ({done, total = passes * samples}) => onProgress?.(Math.min(1, done / Math.max(total, 1))),
    })
    return await quantizeStatic(model, ranges, options)
  }
}

/** Symmetric activations are for TensorRT, which takes neither zero points nor integer biases, and fuses what follows a product. */
function staticOptions({symmetric = false, ...step}: StaticStep): StaticOptions {
  if (!symmetric) return step
  const floatOutputs = ['Conv', 'MatMul', 'Gemm']
  return {...step, activationType: 'int8', symmetricActivations: true, quantizeBias: false, floatOutputs}
}

function calibrationOf({calibrationMethod: method = 'minmax', percentile}: StaticStep): Calibration {
  return method === 'percentile' ? {method, percentile} : {method}
}

function hasTensor({proto: {graph}}: Model, name: string): boolean {
  if (graph === undefined) return false
  return graph.input.some(one => one.name === name) || graph.node.some(({output}) => output.includes(name))
}

async function countSamples(path: string): Promise<number> {
  const {tensors} = await readSafetensors(path)
  return new Set([...tensors.keys()].map(name => name.split('/', 1)[0])).size
}
