/** TensorFlow.js, as it is loaded at run time: the package is optional. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core')
export type {Tensor, Tensor1D} from '@tensorflow/tfjs-core'
