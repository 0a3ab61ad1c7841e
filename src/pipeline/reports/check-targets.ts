import {constants} from 'node:fs'
import {access, realpath, stat} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {isEarlierReport} from './earlier-report.js'
import {type KeptFile, type ReportFiles, type ReportTargets, reportFiles} from './report-targets.js'

/**
 * Finds out whether a report may be written there, before hours are spent on it. Nothing is written.
 * @throws {LinguluError} USAGE, OUTPUT_COLLISION (two outputs in one place, or a file that is never replaced),
 *   OUTPUT_EXISTS (a file that is no earlier report, without `force`), OUTPUT_FAILED (a folder that cannot be written to).
 */
export async function checkTargets(targets: ReportTargets): Promise<ReportFiles> {
  const files = reportFiles(targets)
  const paths = allPaths(files)
  await refuseCollisions(paths, targets.keep ?? [])
  const foreign: string[] = []
  for (const path of paths) if (await isForeign(path, targets.force ?? false)) foreign.push(path)
  if (foreign.length > 0) {
    throw new LinguluError('OUTPUT_EXISTS', `not written by an earlier evaluation: ${foreign.join(', ')}`, {
      hint: 'Choose another name, or replace files (never folders) with --force.',
    })
  }
  for (const folder of new Set(paths.map(path => dirname(path)))) await refuseUnwritable(folder)
  return files
}

const allPaths = ({markdown, json, html, junit, charts}: ReportFiles): string[] =>
  [markdown, json, html, junit, ...charts.map(({path}) => path)].flatMap(path => path ?? [])

async function refuseCollisions(paths: readonly string[], keep: readonly KeptFile[]): Promise<void> {
  const taken = new Map<string, string>()
  for (const {path, what} of keep) for (const key of await placeKeys(resolve(path))) taken.set(key, what)
  for (const path of paths) {
    const keys = await placeKeys(path)
    const other = keys.flatMap(key => taken.get(key) ?? [])[0]
    if (other !== undefined) {
      throw new LinguluError('OUTPUT_COLLISION', `${path}: the report would replace ${other}`, {
        hint: 'Choose another name for the report.',
      })
    }
    for (const key of keys) taken.set(key, `another output (${path})`)
  }
}

/** Whatever tells that two paths are one file: the path with its links followed, and the file that is there now. */
async function placeKeys(path: string): Promise<string[]> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path))
  // Many file systems do not tell upper from lower case: names that differ only in it are too close.
  const place = join(folder, basename(path)).toLowerCase()
  const found = await stat(path, {bigint: true}).catch(() => undefined)
  return found === undefined || found.isDirectory() ? [place] : [place, `${found.dev}:${found.ino}`]
}

async function isForeign(path: string, force: boolean): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return false
  if (!found.isFile()) return true
  if (force || found.size === 0) return false
  return !(await isEarlierReport(path))
}

/** The folder, or the one above it in which it will be made. */
async function refuseUnwritable(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error('no folder'), {code: 'ENOTDIR'})
    await access(folder, constants.W_OK)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing && dirname(folder) !== folder) return refuseUnwritable(dirname(folder))
    throw new LinguluError('OUTPUT_FAILED', `${folder}: no report can be written there`, {
      cause: error,
      hint: 'It is no folder, or you may not write there: choose another place for the report.',
    })
  }
}
