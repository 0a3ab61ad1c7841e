import {readdir, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {LinguluError} from '../errors.js'
import {compareNaturally} from '../inputs/natural-order.js'
import type {LayoutName} from './dataset-options.js'
import {audiofolder} from './layouts/audiofolder.js'
import {commonVoice} from './layouts/common-voice.js'
import {fsdd} from './layouts/fsdd.js'
import {kaldi} from './layouts/kaldi.js'
import type {DatasetPlace, Layout, Recognized} from './layouts/layout.js'
import {librispeech} from './layouts/librispeech.js'
import {ljspeech} from './layouts/ljspeech.js'
import {stm} from './layouts/stm.js'
import {nemo, table} from './layouts/table.js'
import {trn} from './layouts/trn.js'

/** The one with the clearest signs first: the first that fits is taken. */
const LAYOUTS: readonly Layout[] = [kaldi, librispeech, audiofolder, ljspeech, stm, trn, commonVoice, fsdd, nemo, table]

/**
 * What a data set at an absolute path is.
 * @throws {LinguluError} USAGE if there is nothing; MANIFEST_INVALID if it is not of the layout, or of none that is known
 */
export async function recognizeLayout(
  path: string,
  wanted: 'auto' | LayoutName,
  signal?: AbortSignal,
): Promise<Recognized & {readonly layout: LayoutName; readonly isFolder: boolean}> {
  const place = await lookAt(path)
  const tried = LAYOUTS.filter(({name}) => wanted === 'auto' || name === wanted)
  for (const layout of tried) {
    signal?.throwIfAborted()
    const recognized = await layout.recognize(place, signal)
    if (recognized !== undefined) return {...recognized, layout: layout.name, isFolder: place.isFolder}
  }
  const signs = tried.map(layout => `  ${layout.name}: ${layout.signs}`)
  const problem = wanted === 'auto' ? 'not a data set of a known layout' : `not a data set of the layout ${wanted}`
  throw new LinguluError('MANIFEST_INVALID', `${path}: ${problem}. Looked for\n${signs.join('\n')}`, {
    hint: 'docs/datasets.md describes the layouts.',
  })
}

async function lookAt(path: string): Promise<DatasetPlace> {
  try {
    const isFolder = (await stat(path)).isDirectory()
    const folder = isFolder ? path : dirname(path)
    const names = await readdir(folder)
    return {path, isFolder, folder, names: names.filter(name => !name.startsWith('.')).sort(compareNaturally)}
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    const isMissing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR'
    const problem = isMissing ? 'no such file or folder' : `cannot be read (${String(cause.code)})`
    throw new LinguluError('USAGE', `${path}: ${problem}`, {cause, hint: 'Check the path of the data set.'})
  }
}
