import {LinguluError} from '../../errors.js'
import type {TensorProto} from '../onnx-ml_pb.js'

/**
 * What `quantize` gives for a tensor's weights.
 *
 * @throws LinguluError MODEL_INVALID with the tensor's name where `quantize` throws a RangeError: the weights are not finite
 */
export function finite<T>(tensor: TensorProto, quantize: () => T): T {
  try {
    return quantize()
  } catch (cause) {
    throw named(tensor, cause)
  }
}

/** {@link finite} for weights that are read meanwhile. */
export async function finiteInPieces<T>(tensor: TensorProto, quantize: () => Promise<T>): Promise<T> {
  try {
    return await quantize()
  } catch (cause) {
    throw named(tensor, cause)
  }
}

function named({name}: TensorProto, cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause
  return new LinguluError('MODEL_INVALID', `Tensor ${JSON.stringify(name)} cannot be quantized: ${cause.message}.`, {
    cause,
    hint: 'The checkpoint is broken, or training diverged: export it again from a sound one.',
  })
}
