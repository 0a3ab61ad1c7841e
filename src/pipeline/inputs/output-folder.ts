import {readdir, realpath, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import type {OutputFormat} from '../transcripts/writers.js'
import {mapConcurrently} from './map-concurrently.js'
import {type OutputFile, outputName} from './plan.js'

/** Which outputs are there. */
export interface OutputFolder {
  /**
   * Of the formats, `any`: the files there; `whole`: formats that need not be written. With `split`, a format is
   * whole if every channel that has outputs has it.
   */
  formatsOf(
    stem: string,
    split: boolean,
    formats: readonly OutputFormat[],
  ): {readonly any: readonly OutputFile[]; readonly whole: readonly OutputFormat[]}
}

/** Lists the folders below the output folder once. A folder that is not there yet is empty. */
export async function findOutputs(
  outputDir: string,
  folders: readonly string[],
  fold: (path: string) => string,
): Promise<OutputFolder> {
  const names = new Set<string>()
  const channels = new Map<string, Set<string>>()
  await mapConcurrently([...new Set(folders)], 16, async folder => {
    for (const name of await readdir(join(outputDir, folder)).catch(() => [])) {
      const path = fold(folder === '.' ? name : `${folder}/${name}`)
      names.add(path)
      const [, stem, channel] = CHANNEL_OUTPUT.exec(path) ?? []
      if (stem === undefined || channel === undefined) continue
      const known = channels.get(stem)
      if (known) known.add(channel)
      else channels.set(stem, new Set([channel]))
    }
  })
  return {
    formatsOf(stem, split, formats) {
      const known = split ? [...(channels.get(fold(stem)) ?? [])] : []
      // What is split may turn out to be mono: then its outputs bear no channel.
      const whole = known.length > 0 ? known : [undefined]
      const exists = (format: OutputFormat, channel: string | undefined) =>
        names.has(fold(outputName(stem, format, channel)))
      return {
        any: [...known, undefined].flatMap(channel =>
          formats
            .filter(format => exists(format, channel))
            .map(format => ({format, path: outputName(stem, format, channel)})),
        ),
        whole: formats.filter(format => whole.every(channel => exists(format, channel))),
      }
    },
  }
}

const CHANNEL_OUTPUT = /^(.*)\.(left|right|ch\d+)\.[^./]+$/s

/** The real path of a folder, also of one that is to be made: then that of the part that is there, and the rest. */
export async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : join(await realFolder(above), basename(path))
  }
}

/** How names are compared in the folder: as they are, or without case and composition where the file system does so. */
export async function detectNameFolding(
  outputDir: string,
  caseInsensitive: boolean | undefined,
): Promise<(path: string) => string> {
  const insensitive = caseInsensitive ?? (await ignoresCase(outputDir))
  return insensitive ? path => path.normalize('NFC').toLowerCase() : path => path
}

async function ignoresCase(path: string): Promise<boolean> {
  const name = basename(path)
  const other = name === name.toLowerCase() ? name.toUpperCase() : name.toLowerCase()
  const itself = other === name ? undefined : await stat(path).catch(() => undefined)
  if (itself) {
    const swapped = await stat(join(dirname(path), other)).catch(() => undefined)
    return swapped?.ino === itself.ino && swapped.dev === itself.dev
  }
  if (dirname(path) !== path) return ignoresCase(dirname(path))
  return process.platform === 'win32' || process.platform === 'darwin'
}
