import {type EngineName, isTfjsEngine} from './engine-names.js'
import type {BuildModel, OpenEngineOptions, TrainingEngine} from './training-engine.js'

/**
 * Opens just this engine. What it is made of is loaded now.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE if it is not installed or does not start
 */
export async function startEngine(
  name: EngineName,
  build: BuildModel,
  options: OpenEngineOptions,
): Promise<TrainingEngine> {
  if (isTfjsEngine(name)) {
    const {openTfjsEngine} = await import('./tfjs/tfjs-engine.js')
    return openTfjsEngine(build, {backend: name, ...options})
  }
  const {openOrtEngine} = await import('./ort-engine.js')
  return openOrtEngine(build, {provider: PROVIDERS[name], ...options})
}

const PROVIDERS = {'ort-cpu': 'cpu', 'ort-cuda': 'cuda', 'ort-webgpu': 'webgpu'} as const
