import {homedir} from 'node:os'
import {join, resolve} from 'node:path'

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where lingulu keeps what it can make or fetch again: `$LINGULU_CACHE`, else `lingulu` in the platform's cache folder
 * (`$XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches`; `%LOCALAPPDATA%`).
 */
export function cacheRoot(env: Environment = process.env, platform: NodeJS.Platform = process.platform): string {
  if (env.LINGULU_CACHE) return resolve(env.LINGULU_CACHE)
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'lingulu')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'lingulu')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'lingulu', 'cache')
  return join(homedir(), '.cache', 'lingulu')
}

/** Where downloaded models stand, in the layout of Hugging Face's cache, but with real files instead of links. */
export function modelCache(env: Environment = process.env): string {
  return join(cacheRoot(env), 'hub')
}

/** Hugging Face's own cache, which Python's tools fill: `$HF_HUB_CACHE`, `$HF_HOME/hub`, or `~/.cache/huggingface/hub`. */
export function huggingFaceCache(env: Environment = process.env): string {
  const set = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE
  if (set) return resolve(set)
  if (env.HF_HOME) return resolve(env.HF_HOME, 'hub')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface', 'hub')
}
