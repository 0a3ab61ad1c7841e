/** What can train a model, as users name it. */
export const ENGINES = [
  'ort-cpu',
  'ort-cuda',
  'ort-webgpu',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-wasm',
  'tfjs-cpu',
] as const

export type EngineName = (typeof ENGINES)[number]
export type TfjsEngineName = Extract<EngineName, `tfjs-${string}`>

export const isTfjsEngine = (name: EngineName): name is TfjsEngineName => name.startsWith('tfjs-')
