import {LinguluError} from '../../errors.js'
import type {TensorProto} from '../onnx-ml_pb.js'

/**
 * What `quantize` gives for a tensor's weights.
 *
 * @throws LinguluError MODEL_INVALID with the tensor's name where `quantize` throws a RangeError: the weights are not finite
 */
export function finite<T>({name}: TensorProto, quantize: () => T): T {
  try {
    return quantize()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(name)} cannot be quantized: ${cause.message}.`, {
      cause,
      hint: 'The checkpoint is broken, or training diverged: export it again from a sound one.',
    })
  }
}
