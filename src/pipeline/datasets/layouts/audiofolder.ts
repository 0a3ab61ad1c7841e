import {basename, isAbsolute, join} from 'node:path'
import {LinguluError} from '../../errors.js'
import {manifestFormatOf} from '../../inputs/manifest-format.js'
import type {Layout, ReadContext, Reading} from './layout.js'
import {readTable} from './read-table.js'
import {andUnlisted} from './table.js'
import {firstLine} from './text-lines.js'
import {walk} from './walk.js'

const DEPTH = 3
const LOOKED_INTO = 200
const SPLITS = /^(train(ing)?|test(ing)?|eval(uation)?|dev|val(id(ation)?)?)$/i

/** Hugging Face's `audiofolder`: `metadata.csv` or `metadata.jsonl` with `file_name`, in the folder or those in it. */
export const audiofolder: Layout = {
  name: 'audiofolder',
  signs: 'metadata.csv or metadata.jsonl with file_name (audiofolder of Hugging Face)',
  async recognize({path, isFolder, folder}, signal) {
    if (!isFolder) {
      if (!isMetadata(basename(path)) || !(await hasFileName(path, signal))) return undefined
      return {
        sentence: `Read as an audiofolder, by ${basename(path)}.`,
        hasColumns: true,
        read: readIn(folder, [path]),
      }
    }
    const files: string[] = []
    let parquet: string | undefined
    for await (const {path: inside, files: names} of walk(path, {depth: DEPTH, limit: LOOKED_INTO, signal})) {
      const found = names.find(isMetadata)
      if (found !== undefined && (await hasFileName(join(inside, found), signal))) files.push(join(inside, found))
      else if (names.includes('metadata.parquet')) parquet ??= join(inside, 'metadata.parquet')
    }
    if (files.length === 0 && parquet !== undefined)
      throw new LinguluError('MANIFEST_INVALID', `${parquet}: Parquet is not read`, {
        hint: 'Save it as metadata.jsonl beside it.',
      })
    if (files.length === 0) return undefined
    const count = files.length === 1 ? basename(files[0] ?? '') : `${files.length} files of metadata`
    const sentence = `Read as an audiofolder, by ${count}.`
    return {sentence, hasColumns: true, read: andUnlisted(path, readIn(path, files))}
  },
}

const isMetadata = (name: string): boolean => /^metadata\.(csv|jsonl)$/.test(name)

async function hasFileName(path: string, signal: AbortSignal | undefined): Promise<boolean> {
  const line = (await firstLine(path, signal)) ?? ''
  if (manifestFormatOf(path) === 'jsonl') return /"file_name"\s*:/.test(line)
  return line.split(/[,;]/).some(column => column.trim().replaceAll('"', '').toLowerCase() === 'file_name')
}

const readIn = (root: string, files: readonly string[]) =>
  async function* (context: ReadContext): AsyncGenerator<Reading> {
    for (const file of files) {
      const below = file
        .slice(root.length + 1)
        .split('/')
        .slice(0, -1)
      // As for Hugging Face, folders tell the split; ids are those of paths below the root.
      const options = {
        audioFolder: root,
        nameAudio: (name: string) => (isAbsolute(name) ? name : join(...below, name)),
        extra: (audio: string | undefined): Readonly<Record<string, string>> => {
          const split = [...below, ...(audio ?? '').split('/')].find(part => SPLITS.test(part))
          return split === undefined ? {} : {split}
        },
      }
      yield* readTable(file, context, options)
    }
  }
