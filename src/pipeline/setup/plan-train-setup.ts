import {existsSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {LinguluError} from '../errors.js'
import type {TfjsEngineName} from '../training/engine/engine-names.js'
import {TFJS_PACKAGES, TFJS_VERSION} from '../training/engine/tfjs/find-tfjs.js'
import type {Libtensorflow} from './libtensorflow.js'

export type SetupStep = {
  /** For people. */
  readonly what: string
} & (
  | {readonly type: 'file'; readonly path: string; readonly text: string}
  /** Replaces a link that is there. */
  | {readonly type: 'link'; readonly path: string; readonly target: string}
  | {
      readonly type: 'run'
      readonly program: string
      readonly args: readonly string[]
      readonly cwd: string
      readonly env: Readonly<Record<string, string>>
    }
)

export interface SetupPlan {
  readonly engine: TfjsEngineName
  /** What is installed lies there and nowhere else. */
  readonly folder: string
  readonly steps: readonly SetupStep[]
}

export interface PlanOptions {
  readonly engine: Exclude<TfjsEngineName, 'tfjs-cpu'>
  readonly folder: string
  readonly libtensorflow?: Libtensorflow | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly platform?: NodeJS.Platform | undefined
}

/**
 * What brings an engine of TensorFlow.js, step by step. Nothing is done yet.
 *
 * @throws LinguluError OPTION_UNSUPPORTED for a library of one's own where that is not Linux, or where no engine takes one
 */
export function planTrainSetup({engine, folder, libtensorflow, ...options}: PlanOptions): SetupPlan {
  const {env = process.env, platform = process.platform} = options
  const [name = ''] = TFJS_PACKAGES[engine]
  const native = engine !== 'tfjs-wasm'
  if (libtensorflow !== undefined && (platform !== 'linux' || !native))
    throw new LinguluError('OPTION_UNSUPPORTED', '--libtensorflow is for tfjs-node and tfjs-node-gpu on Linux.', {
      hint: 'Leave it out: TensorFlow is then downloaded.',
    })
  const wanted = [...new Set([...TFJS_PACKAGES[engine], ...(native ? [] : TFJS_PACKAGES['tfjs-cpu'])])]
  const steps: SetupStep[] = [
    {
      type: 'file',
      what: 'make a folder of its own, so that no project is touched',
      path: join(folder, 'package.json'),
      text: `${JSON.stringify({private: true, description: 'TensorFlow.js for lingulu train. Made by lingulu setup train-gpu.'}, undefined, 2)}\n`,
    },
    {
      type: 'run',
      what: `fetch ${wanted.join(', ')} ${TFJS_VERSION} from the npm registry${native ? ' (300 MB on the disk)' : ''}`,
      program: 'npm',
      args: [...NPM_INSTALL, '--prefix', folder, ...wanted.map(each => `${each}@${TFJS_VERSION}`)],
      cwd: folder,
      env: {},
    },
  ]
  if (native) {
    const packageFolder = join(folder, 'node_modules', ...name.split('/'))
    const path = [join(folder, 'node_modules', '.bin'), env.PATH ?? ''].join(delimiter)
    steps.push(
      ...(libtensorflow === undefined
        ? [downloaded(engine, packageFolder, path)]
        : linked(libtensorflow, packageFolder, path)),
    )
  }
  return {engine, folder, steps}
}

/** The packages' own scripts run in a step of their own, wherever npm is told to run none. */
const NPM_INSTALL = ['install', '--ignore-scripts', '--save-exact', '--no-fund', '--no-audit', '--location=project']

function downloaded(engine: TfjsEngineName, cwd: string, path: string): SetupStep {
  return {
    type: 'run',
    what: 'download libtensorflow 2.9.1 and the compiled binding from storage.googleapis.com (hundreds of megabytes; the exact sizes are not published)',
    program: process.execPath,
    args: [join('scripts', 'install.js'), ...(engine === 'tfjs-node-gpu' ? ['gpu'] : [])],
    cwd,
    env: {PATH: path},
  }
}

/**
 * Compiles the binding against a library that is there. It is linked under the names that the compiler looks for; at run
 * time it is loaded from its own folder, from where it finds the libraries that came with it.
 */
function linked({include, folder, library, framework}: Libtensorflow, cwd: string, path: string): SetupStep[] {
  const link = (target: string, ...place: string[]): SetupStep => ({
    type: 'link',
    what: `use ${target}`,
    path: join(cwd, 'deps', ...place),
    target,
  })
  const headers = dirname(dirname(process.execPath))
  return [
    link(include, 'include'),
    link(library, 'lib', 'libtensorflow.so'),
    link(framework, 'lib', 'libtensorflow_framework.so'),
    {
      type: 'run',
      what: 'compile the binding (needs make, g++ and python3)',
      program: process.execPath,
      args: [join('..', '..', '@mapbox', 'node-pre-gyp', 'bin', 'node-pre-gyp'), 'install', '--build-from-source'],
      cwd,
      env: {
        PATH: path,
        LDFLAGS: `-Wl,-rpath,${folder}`,
        // Node's headers, where they came with it: nothing need be downloaded.
        ...(existsSync(join(headers, 'include', 'node', 'node_api.h')) ? {npm_config_nodedir: headers} : {}),
      },
    },
  ]
}
