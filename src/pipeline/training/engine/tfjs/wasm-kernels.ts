import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm'
import type {KernelConfig, KernelFunc, TensorInfo} from '@tensorflow/tfjs-core'
import type {TensorFlow} from './tensorflow.js'

/** What the table of kernels hands to each. */
interface KernelCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>
  readonly backend: BackendWasm
  readonly attributes: Readonly<Record<string, unknown>>
}

type WasmMatMul = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  output: number,
) => void

const repaired = new WeakSet<KernelFunc>()

/**
 * Puts two kernels of the WebAssembly backend right: its product runs on XNNPACK only for one matrix that is not transposed
 * (every product of a backward pass is transposed) and else in a scalar loop; and the gradient of `gather` has no kernel.
 */
export function repairWasmKernels(tf: TensorFlow): void {
  const {kernelFunc: product, setupFunc} = kernelOf(tf, 'BatchMatMul')
  if (repaired.has(product)) return
  const {kernelFunc: transpose} = kernelOf(tf, 'Transpose')
  tf.unregisterKernel('BatchMatMul', 'wasm')
  const kernels = {
    BatchMatMul: (call: KernelCall) => batchMatMul(tf, call, product, transpose),
    UnsortedSegmentSum: (call: KernelCall) => unsortedSegmentSum(tf, call),
  }
  for (const [kernelName, compute] of Object.entries(kernels)) {
    const kernelFunc: KernelFunc = ({inputs, backend, attrs = {}}) =>
      compute({inputs: inputs as KernelCall['inputs'], backend: backend as BackendWasm, attributes: attrs})
    repaired.add(kernelFunc)
    tf.registerKernel({kernelName, backendName: 'wasm', kernelFunc, ...(setupFunc === undefined ? {} : {setupFunc})})
  }
}

function kernelOf(tf: TensorFlow, name: string): KernelConfig {
  const kernel = tf.getKernel(name, 'wasm')
  if (kernel === undefined) throw new Error(`the WebAssembly backend has no kernel ${name}.`)
  return kernel
}

/** Transposes what is to be transposed, then multiplies matrix by matrix, each at its place in the memory. */
function batchMatMul(
  tf: TensorFlow,
  {inputs, backend, attributes}: KernelCall,
  product: KernelFunc,
  transpose: KernelFunc,
): TensorInfo {
  const {a, b} = inputs as {readonly a: TensorInfo; readonly b: TensorInfo}
  const [outer, otherOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  const plain = {transposeA: attributes.transposeA === true, transposeB: attributes.transposeB === true}
  const count = tf.util.sizeFromShape(outer)
  const simple = count === 1 && !plain.transposeA && !plain.transposeB
  if (simple || outer.join() !== otherOuter.join() || a.dtype !== 'float32' || b.dtype !== 'float32')
    return one(product({inputs: {a, b}, backend, attrs: plain}))
  const turned = (x: TensorInfo): TensorInfo => {
    const [rows = 1, columns = 1] = x.shape.slice(-2)
    const flat = {...x, shape: [count, rows, columns]}
    return one(transpose({inputs: {x: flat}, backend, attrs: {perm: [0, 2, 1]}}))
  }
  const left = plain.transposeA ? turned(a) : a
  const right = plain.transposeB ? turned(b) : b
  const [rows = 1, depth = 1] = left.shape.slice(-2)
  const columns = right.shape.at(-1) ?? 1
  const output = backend.makeOutput([count, rows, columns], 'float32')
  multiplyEach(backend, {left, right, output, count, rows, depth, columns})
  for (const made of [left, right]) if (made !== a && made !== b) backend.disposeData(made.dataId)
  return {...output, shape: [...outer, rows, columns]}
}

interface Product {
  readonly left: TensorInfo
  readonly right: TensorInfo
  readonly output: TensorInfo
  readonly count: number
  readonly rows: number
  readonly depth: number
  readonly columns: number
}

function multiplyEach(backend: BackendWasm, {left, right, output, count, rows, depth, columns}: Product): void {
  const multiply = matMulOf(backend)
  const [aShape, bShape] = [shapeBytes([1, rows, depth]), shapeBytes([1, depth, columns])]
  const sizes = [rows * depth, depth * columns, rows * columns]
  const starts = [left, right, output].map(({dataId}) => backend.getMemoryOffset(dataId))
  for (let index = 0; index < count; index++) {
    const views = sizes.map((size, at) =>
      backend.makeOutput([size], 'float32', (starts[at] ?? 0) + index * size * Float32Array.BYTES_PER_ELEMENT),
    )
    const [a = 0, b = 0, out = 0] = views.map(({dataId}) => backend.dataIdMap.get(dataId).id)
    multiply(a, aShape, 3, b, bShape, 3, false, false, out)
    // XNNPACK keeps the second operand packed until its number is given back. The memory is not the view's to free.
    for (const {dataId} of views) {
      backend.wasm.tfjs.disposeData(backend.dataIdMap.get(dataId).id)
      backend.dataIdMap.delete(dataId)
    }
  }
}

const products = new WeakMap<BackendWasm, WasmMatMul>()

function matMulOf(backend: BackendWasm): WasmMatMul {
  const known = products.get(backend)
  if (known !== undefined) return known
  const [id, shape, flag] = ['number', 'array', 'number'] as const
  const made = callable(backend.wasm).cwrap('BatchMatMul', null, [id, shape, id, id, shape, id, flag, flag, id])
  products.set(backend, made)
  return made
}

/** Emscripten's own function, whose types only browsers' projects have. */
interface Callable {
  cwrap(name: string, returns: null, takes: readonly ('number' | 'array')[]): WasmMatMul
}

function callable(module: object): Callable {
  const has = (given: object): given is Callable => 'cwrap' in given && typeof given.cwrap === 'function'
  if (!has(module)) throw new Error('the WebAssembly module has no cwrap.')
  return module
}

const shapeBytes = (shape: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(shape).buffer)

/** Adds rows of `x` to the rows that `segmentIds` name. */
function unsortedSegmentSum(tf: TensorFlow, {inputs, backend, attributes}: KernelCall): TensorInfo {
  const {x, segmentIds} = inputs as {readonly x: TensorInfo; readonly segmentIds: TensorInfo}
  const count = Number(attributes.numSegments)
  const shape = [count, ...x.shape.slice(1)]
  const width = tf.util.sizeFromShape(x.shape.slice(1))
  const output = backend.makeOutput(shape, 'float32')
  // Views of the memory are taken last: making the output may move it.
  const [sums, rows, ids] = [output, x, segmentIds].map(info => backend.typedArrayFromHeap(info))
  if (sums === undefined || rows === undefined || ids === undefined) throw new Error('three tensors have three views.')
  sums.fill(0)
  for (const [row, id] of ids.entries()) {
    if (id < 0 || id >= count) continue
    for (let column = 0; column < width; column++) {
      const at = id * width + column
      sums[at] = (sums[at] ?? 0) + (rows[row * width + column] ?? 0)
    }
  }
  return output
}

function one(made: TensorInfo | TensorInfo[]): TensorInfo {
  const info = Array.isArray(made) ? made[0] : made
  if (info === undefined) throw new Error('a kernel gives a tensor.')
  return info
}
