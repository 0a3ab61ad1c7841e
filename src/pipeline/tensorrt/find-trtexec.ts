import {constants} from 'node:fs'
import {access, readdir, stat} from 'node:fs/promises'
import {homedir} from 'node:os'
import {delimiter, join} from 'node:path'
import {LinguluError} from '../errors.js'

export interface TrtexecSearch {
  /** What the user named; nothing else is tried then. */
  readonly path?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly platform?: NodeJS.Platform | undefined
  /** Folders that `trtexec` is installed in without being on the path. */
  readonly folders?: readonly string[] | undefined
}

/**
 * Finds NVIDIA's `trtexec`: the path given, `$TRTEXEC`, the folders of `$PATH`, then where NVIDIA's packages, archives and
 * containers put it.
 *
 * @throws LinguluError PROVIDER_UNAVAILABLE with where it comes from
 */
export async function findTrtexec(search: TrtexecSearch = {}): Promise<string> {
  const {env = process.env, platform = process.platform} = search
  const named = search.path ?? (env.TRTEXEC || undefined)
  if (named !== undefined) {
    if (await isProgram(named, platform)) return named
    throw missing(`${named}${search.path === undefined ? ', which $TRTEXEC names,' : ''} is no program`)
  }
  const onPath = (env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  const folders = [...onPath, ...(search.folders ?? (await usualFolders(platform)))]
  const name = platform === 'win32' ? 'trtexec.exe' : 'trtexec'
  for (const folder of folders) if (await isProgram(join(folder, name), platform)) return join(folder, name)
  throw missing('trtexec, the program of NVIDIA TensorRT that builds engines, is not on this machine')
}

async function isProgram(path: string, platform: NodeJS.Platform): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false
    if (platform !== 'win32') await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Debian's package, NGC's containers and JetPack; then unpacked archives, the newest version first. */
async function usualFolders(platform: NodeJS.Platform): Promise<string[]> {
  if (platform === 'win32') {
    const toolkit = 'C:\\Program Files\\NVIDIA GPU Computing Toolkit'
    return [...(await unpackedIn('C:\\')), ...(await unpackedIn(toolkit))]
  }
  const unpacked = await Promise.all(['/opt', '/usr/local', homedir()].map(unpackedIn))
  const fixed = ['/usr/src/tensorrt/bin', '/opt/tensorrt/bin', '/usr/local/tensorrt/bin']
  return [...fixed, ...unpacked.flat()]
}

async function unpackedIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const versions = names.filter(name => /^TensorRT-\d/i.test(name))
  versions.sort((a, b) => b.localeCompare(a, 'en', {numeric: true}))
  return versions.map(name => join(folder, name, 'bin'))
}

function missing(problem: string): LinguluError {
  return new LinguluError('PROVIDER_UNAVAILABLE', `${problem}.`, {
    hint: 'It is in the bin folder of the TensorRT archive from developer.nvidia.com/tensorrt, in NVIDIA’s Debian package libnvinfer-bin (/usr/src/tensorrt/bin), and in the container nvcr.io/nvidia/tensorrt. Put its folder on PATH, or set TRTEXEC to the program.',
  })
}
