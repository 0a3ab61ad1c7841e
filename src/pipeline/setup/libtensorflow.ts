import {stat} from 'node:fs/promises'
import {join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'

/** Where TensorFlow's C library and its headers are. */
export interface Libtensorflow {
  readonly include: string
  /** The folder of both libraries: what they load themselves is found from there. */
  readonly folder: string
  readonly library: string
  readonly framework: string
}

const HEADERS = ['tensorflow/c/c_api.h', 'tensorflow/c/eager/c_api.h']
/** The last two are in Python's wheels; they export the C interface too. */
const LIBRARIES = ['libtensorflow.so.2', 'libtensorflow.so', 'libtensorflow_cc.so.2', 'libtensorflow_cc.so']
const FRAMEWORKS = ['libtensorflow_framework.so.2', 'libtensorflow_framework.so']

/**
 * Finds TensorFlow's C library in a folder: `include/` and `lib/` as TensorFlow's own archive has them, or an unpacked wheel
 * of Python's `tensorflow` package.
 *
 * @throws LinguluError USAGE naming what is missing
 */
export async function findLibtensorflow(given: string): Promise<Libtensorflow> {
  const root = resolve(given)
  const wheel = join(root, 'tensorflow')
  const base = (await exists(join(wheel, 'include'))) ? wheel : root
  const include = join(base, 'include')
  for (const header of HEADERS)
    if (!(await exists(join(include, header)))) throw missing(given, join('include', header))
  for (const folder of [join(base, 'lib'), base]) {
    const library = await firstOf(folder, LIBRARIES)
    const framework = await firstOf(folder, FRAMEWORKS)
    if (library !== undefined && framework !== undefined) return {include, folder, library, framework}
  }
  throw missing(given, `${LIBRARIES[0]} and ${FRAMEWORKS[0]}`)
}

function missing(folder: string, what: string): LinguluError {
  return new LinguluError('USAGE', `${folder} has no ${what}.`, {
    hint: 'Give the folder of an unpacked libtensorflow archive (https://www.tensorflow.org/install/lang_c), or of an unpacked wheel of Python’s tensorflow package.',
  })
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await exists(join(folder, name))) return join(folder, name)
  return undefined
}
