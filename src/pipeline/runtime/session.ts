import type {Tensor} from 'onnxruntime-node'

export const DEVICES = ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'directml'] as const
/** What the user asks for. */
export type Device = (typeof DEVICES)[number]
/** What runs. */
export type Provider = Exclude<Device, 'auto'>

export interface SessionOptions {
  readonly provider: Provider
  /** GPU number, for providers that have several. */
  readonly deviceId?: number | undefined
  /** Threads inside one operator; 0 lets ONNX Runtime choose. */
  readonly threads: number
  /**
   * Threads wait in a loop instead of sleeping between operators. Quicker only on cores that do nothing else; the audio
   * thread does need one, so it is off by default.
   */
  readonly spinning?: boolean | undefined
  /** Graph rewriting at load. `all` by default; int8 models are slow below `extended`. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all' | undefined
}

export interface TensorInfo {
  readonly type: Tensor.Type
  /** A string is a symbolic dimension. */
  readonly shape: readonly (number | string)[]
}

/** An ONNX Runtime session. `run` blocks the thread it is called on: only inference workers open sessions. */
export interface Session {
  readonly path: string
  readonly provider: Provider
  readonly inputs: ReadonlyMap<string, TensorInfo>
  readonly outputs: ReadonlyMap<string, TensorInfo>
  /** Computes the outputs named in `fetches` and no others. */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}
