import type {InferenceSession} from 'onnxruntime-node'
import type {Provider, SessionOptions} from './session.js'

/** Loaded on first use: the native library costs 40 ms that `lingulu --help` does not have. */
export async function loadOnnxRuntime(): Promise<typeof import('onnxruntime-node')> {
  const module = await import('onnxruntime-node')
  keepHalvesInUint16(module)
  // The first session of the process fixes the level of the messages that no session owns (3: errors).
  module.env.logLevel = 'error'
  return module
}

/**
 * Where there is Float16Array (Node 24 and newer), Tensor would keep half precision in it, and this binding takes every
 * such tensor for empty (microsoft/onnxruntime pull request 32323). Tensor looks for it once, when the first is made.
 */
function keepHalvesInUint16({Tensor}: typeof import('onnxruntime-node')): void {
  const float16Array = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array')
  if (float16Array === undefined) return
  Reflect.deleteProperty(globalThis, 'Float16Array')
  Reflect.construct(Tensor, ['bool', [true]])
  Object.defineProperty(globalThis, 'Float16Array', float16Array)
}

/** ONNX Runtime's own names, where they differ from ours. */
const PROVIDER_NAMES: Readonly<Record<Provider, string>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  tensorrt: 'tensorrt',
  webgpu: 'webgpu',
  coreml: 'coreml',
  directml: 'dml',
}

const WITH_DEVICE_ID = new Set<Provider>(['cuda', 'tensorrt', 'directml'])

/** Our options in ONNX Runtime's words. */
export function toRuntimeOptions({
  provider,
  deviceId,
  threads,
  spinning,
  optimization,
}: SessionOptions): InferenceSession.SessionOptions {
  const withDevice = deviceId !== undefined && WITH_DEVICE_ID.has(provider)
  return {
    executionProviders: [{name: PROVIDER_NAMES[provider], ...(withDevice ? {deviceId} : {})}],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimization ?? 'all',
    // The arena keeps what the longest input needed and reuses it. Without it, malloc fragments and memory climbs with
    // every new length (docs/devices.md has the figures). Patterns are kept per input shape and win nothing here.
    enableCpuMemArena: true,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {session: {intra_op: {allow_spinning: spinning === true ? '1' : '0'}}},
  }
}
