import {createRequire} from 'node:module'
import {join, resolve} from 'node:path'
import {cacheRoot, type Environment} from '../../../models/cache-root.js'
import type {TfjsEngineName} from '../engine-names.js'

/** The version that lingulu is tested with. All packages of TensorFlow.js must have the same. */
export const TFJS_VERSION = '4.22.0'

/**
 * What each engine is made of; the first one has the operations. Gradients of the core's operations are in the layers, whose
 * layers nobody uses here.
 */
export const TFJS_PACKAGES: Readonly<Record<TfjsEngineName, readonly string[]>> = {
  'tfjs-node-gpu': ['@tensorflow/tfjs-node-gpu'],
  'tfjs-node': ['@tensorflow/tfjs-node'],
  'tfjs-wasm': ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-wasm'],
  'tfjs-cpu': ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-cpu'],
}

/** The flags of `lingulu setup train-gpu` that bring each engine. */
export const SETUP_COMMANDS: Readonly<Record<TfjsEngineName, string>> = {
  'tfjs-node-gpu': 'lingulu setup train-gpu',
  'tfjs-node': 'lingulu setup train-gpu --cpu',
  'tfjs-wasm': 'lingulu setup train-gpu --wasm',
  'tfjs-cpu': 'lingulu setup train-gpu --wasm',
}

/**
 * The folder that `lingulu setup train-gpu` installs into: `$LINGULU_TFJS`, else `tfjs` in lingulu's cache. It is outside
 * the package, so that a lingulu which is installed for all users, or run by npx, finds it again after an update.
 */
export function tfjsFolder(env: Environment = process.env): string {
  return env.LINGULU_TFJS ? resolve(env.LINGULU_TFJS) : join(cacheRoot(env), 'tfjs')
}

/**
 * Finds the packages of an engine: among lingulu's own dependencies and those of the project that it is installed in, then
 * in {@link tfjsFolder}. All come from one place, since kernels must belong to the core that runs them.
 *
 * @returns the `require` that has them all; undefined if no place has
 */
export function findTfjs(name: TfjsEngineName, env: Environment = process.env): NodeJS.Require | undefined {
  const places = [createRequire(import.meta.url), createRequire(join(tfjsFolder(env), 'package.json'))]
  return places.find(place => TFJS_PACKAGES[name].every(wanted => canResolve(place, wanted)))
}

function canResolve(place: NodeJS.Require, wanted: string): boolean {
  try {
    place.resolve(wanted)
    return true
  } catch {
    return false
  }
}
