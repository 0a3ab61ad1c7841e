import {existsSync, readdirSync, realpathSync} from 'node:fs'
import {delimiter, join} from 'node:path'
import {NEEDED, providerFix} from '../runtime/provider-fix.js'
import type {Provider} from '../runtime/session.js'
import type {RunProgram} from './run-program.js'

export interface NvidiaReport {
  readonly driver: string
  readonly gpus: readonly {readonly index: number; readonly name: string; readonly memoryMib: number}[]
}

export interface LibraryReport {
  /** File name with the major version that is needed. */
  readonly name: string
  readonly neededBy: Provider
  readonly needed: string
  readonly state: 'found' | 'not on the search path' | 'missing'
  readonly path?: string | undefined
  /** As far as the file name tells. */
  readonly version?: string | undefined
  readonly fix?: string | undefined
}

/** The GPUs, as `nvidia-smi` sees them; undefined without a driver. */
export async function checkNvidia(run: RunProgram): Promise<NvidiaReport | undefined> {
  const query = ['--query-gpu=index,name,memory.total,driver_version', '--format=csv,noheader,nounits']
  return parseNvidiaSmi((await run('nvidia-smi', query)) ?? '')
}

export function parseNvidiaSmi(text: string): NvidiaReport | undefined {
  const rows = text.split('\n').flatMap(line => {
    const [index = '', name = '', memory = '', driver = ''] = line.split(',').map(cell => cell.trim())
    return driver === '' || !/^\d+$/.test(index)
      ? []
      : [{index: Number(index), name, memoryMib: Number(memory), driver}]
  })
  const driver = rows[0]?.driver
  return driver === undefined ? undefined : {driver, gpus: rows.map(({driver: _, ...gpu}) => gpu)}
}

/** What ONNX Runtime's CUDA and TensorRT providers link against. */
const LIBRARIES: readonly (readonly [name: string, neededBy: Provider, needed: string])[] = [
  ['libcuda.so.1', 'cuda', `driver for CUDA ${NEEDED.cuda}`],
  ['libcudart.so.12', 'cuda', `CUDA ${NEEDED.cuda}`],
  ['libcublas.so.12', 'cuda', `CUDA ${NEEDED.cuda}`],
  ['libcublasLt.so.12', 'cuda', `CUDA ${NEEDED.cuda}`],
  ['libcufft.so.11', 'cuda', `CUDA ${NEEDED.cuda}`],
  ['libcurand.so.10', 'cuda', `CUDA ${NEEDED.cuda}`],
  ['libcudnn.so.9', 'cuda', `cuDNN ${NEEDED.cudnn}`],
  ['libnvinfer.so.10', 'tensorrt', `TensorRT ${NEEDED.tensorrt}`],
  ['libnvonnxparser.so.10', 'tensorrt', `TensorRT ${NEEDED.tensorrt}`],
]

export interface LibrarySearch {
  /** Folders that the loader looks into, besides its cache. */
  readonly searched: readonly string[]
  /** Folders where NVIDIA's installers put libraries and the loader may not look. */
  readonly likely: readonly string[]
  /** Output of `ldconfig -p`. */
  readonly loaderCache: string
}

/** The CUDA, cuDNN and TensorRT libraries, found against needed. */
export async function checkLibraries(run: RunProgram, env: NodeJS.ProcessEnv): Promise<LibraryReport[]> {
  if (process.platform !== 'linux') return []
  return findLibraries({
    searched: env.LD_LIBRARY_PATH?.split(delimiter).filter(path => path !== '') ?? [],
    likely: likelyFolders(),
    loaderCache: (await run('/sbin/ldconfig', ['-p'])) ?? '',
  })
}

export function findLibraries({searched, likely, loaderCache}: LibrarySearch): LibraryReport[] {
  return LIBRARIES.map(([name, neededBy, needed]) => {
    const cached = loaderCache.split('\n').find(line => line.trim().startsWith(`${name} `))
    const path = inFolders(searched, name) ?? /=> (\S+)/.exec(cached ?? '')?.[1]
    if (path !== undefined) return {name, neededBy, needed, state: 'found', path, version: versionOf(path)}
    const aside = inFolders(likely, name)
    if (aside === undefined)
      return {name, neededBy, needed, state: 'missing', fix: providerFix(neededBy, `${name}: missing`)}
    const fix = `export LD_LIBRARY_PATH=${join(aside, '..')}:$LD_LIBRARY_PATH`
    return {name, neededBy, needed, state: 'not on the search path', path: aside, version: versionOf(aside), fix}
  })
}

function inFolders(folders: readonly string[], name: string): string | undefined {
  return folders.map(folder => join(folder, name)).find(path => existsSync(path))
}

/** `libcudnn.so.9` is a link to `libcudnn.so.9.1.0`, whose name says more. */
function versionOf(path: string): string | undefined {
  try {
    return /\.so\.([\d.]+)$/.exec(realpathSync(path))?.[1]
  } catch {
    return undefined
  }
}

function likelyFolders(): string[] {
  const installed = existsSync('/usr/local') ? readdirSync('/usr/local').filter(name => name.startsWith('cuda')) : []
  const cuda = installed.flatMap(name => [`/usr/local/${name}/lib64`, `/usr/local/${name}/targets/x86_64-linux/lib`])
  return [...cuda, '/usr/local/nvidia/lib64', '/usr/lib/wsl/lib', '/opt/tensorrt/lib', '/usr/local/tensorrt/lib']
}
