import type {Tensor} from 'onnxruntime-node'
import {LinguluError} from '../errors.js'
import {loadOnnxRuntime} from '../runtime/onnx-runtime.js'
import type {Session, TensorInfo} from '../runtime/session.js'
import {closestNames} from '../text/closest-names.js'
import type {CalibrationSample, Feed} from './calibration-file.js'

/**
 * A sample as ONNX Runtime takes it.
 *
 * @throws LinguluError CONFIG_INVALID for a sample that does not fit the inputs
 */
export async function checkedFeeds(
  {inputs}: Pick<Session, 'inputs'>,
  sample: string,
  feeds: CalibrationSample['feeds'],
): Promise<Record<string, Tensor>> {
  for (const name of inputs.keys()) if (feeds[name] === undefined) throw misfit(sample, `has no ${shown(name)}`, inputs)
  const runtime = await loadOnnxRuntime()
  const tensors: Record<string, Tensor> = {}
  for (const [name, feed] of Object.entries(feeds)) {
    const info = inputs.get(name)
    if (info === undefined) {
      const [closest] = closestNames([...inputs.keys()], name)
      const meant = closest === undefined ? '' : `; is it ${shown(closest)}?`
      throw misfit(sample, `has ${shown(name)}, which is no input of the model${meant}`, inputs)
    }
    const problem = problemOf(info, feed)
    if (problem !== undefined) throw misfit(sample, `has ${shown(name)} ${problem}`, inputs)
    tensors[name] = toTensor(runtime, feed)
  }
  return tensors
}

function toTensor({Tensor: RuntimeTensor}: typeof import('onnxruntime-node'), {type, data, shape}: Feed): Tensor {
  return Reflect.construct(RuntimeTensor, [type, data, shape])
}

const shown = (name: string): string => JSON.stringify(name)

function problemOf(info: TensorInfo, {type, shape, data}: Feed): string | undefined {
  if (type !== info.type) return `of type ${type}, not ${info.type}`
  const fits =
    shape.length === info.shape.length &&
    info.shape.every((size, axis) => typeof size === 'string' || size < 0 || size === shape[axis])
  if (!fits) return `of shape [${shape.join(', ')}], not [${info.shape.join(', ')}]`
  const elements = shape.reduce((product, size) => product * size, 1)
  return data.length === elements ? undefined : `with ${data.length} values, not ${elements}`
}

function misfit(sample: string, problem: string, inputs: Session['inputs']): LinguluError {
  const list = [...inputs].map(([name, {type, shape}]) => `${name}: ${type}[${shape.join(', ')}]`)
  return new LinguluError('CONFIG_INVALID', `Calibration sample ${shown(sample)} ${problem}.`, {
    hint: `The model takes ${list.join('; ')}.`,
  })
}
