import {constants} from 'node:fs'
import {open, readFile, rm, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {writeAtomically} from '../../transcripts/atomic-write.js'
import {makeFolder} from '../../transcripts/make-folder.js'
import {outputError} from '../../transcripts/output-error.js'
import type {DecodedPart} from './feature-protocol.js'

const SPOOL = 'audio.s16'
const INDEX = 'audio.json'

const count = z.int().min(0)

/** By the key of a recording: where its samples begin and how many there are, or why there are none. */
const Index = z.strictObject({sounds: z.record(z.string(), z.union([z.tuple([count, count]), z.string()]))})

/** Where the samples of a recording lie in the spool, counted in samples; or why there are none. */
export type SpooledSound = {readonly start: number; readonly samples: number} | string

/** The file of a folder with decoded recordings, one after the other: 16-bit samples, little-endian, 16 kHz. */
export const spoolPath = (folder: string): string => join(folder, SPOOL)

/** What lies in the spool of a folder, by the keys of the recordings. Nothing where it is missing or cut short. */
export async function readSpool(folder: string): Promise<Map<string, SpooledSound>> {
  const text = await readFile(join(folder, INDEX), 'utf8').catch(() => undefined)
  const found = await stat(spoolPath(folder)).catch(() => undefined)
  if (text === undefined || found === undefined) return new Map()
  const sounds = parseIndex(text)
  return endOf(sounds) * Int16Array.BYTES_PER_ELEMENT <= found.size ? sounds : new Map()
}

function parseIndex(text: string): Map<string, SpooledSound> {
  try {
    const {sounds} = Index.parse(JSON.parse(text))
    return new Map(
      Object.entries(sounds).map(([key, sound]) => [
        key,
        typeof sound === 'string' ? sound : {start: sound[0], samples: sound[1]},
      ]),
    )
  } catch {
    return new Map()
  }
}

/** Where the next recording begins. */
function endOf(sounds: ReadonlyMap<string, SpooledSound>): number {
  let end = 0
  for (const sound of sounds.values()) if (typeof sound !== 'string') end = Math.max(end, sound.start + sound.samples)
  return end
}

/**
 * Puts recordings behind those that a folder's spool has, and into `sounds`. What was put when `fill` fails stays.
 *
 * @param sounds as {@link readSpool} gives them
 * @throws LinguluError OUTPUT_FAILED; what `fill` throws
 */
export async function extendSpool(
  folder: string,
  sounds: Map<string, SpooledSound>,
  fill: (put: (key: string, part: DecodedPart) => Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    await makeFolder(folder)
    const file = await open(spoolPath(folder), constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND)
    let end = endOf(sounds)
    // An index of a spool that was cut short would name other samples when this one has grown as long.
    if (end === 0) await rm(join(folder, INDEX), {force: true})
    try {
      // A run that was killed leaves samples that no index names.
      await file.truncate(end * Int16Array.BYTES_PER_ELEMENT)
      await fill(async (key, part) => {
        if (typeof part === 'string') {
          sounds.set(key, part)
          return
        }
        await file.appendFile(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
        sounds.set(key, {start: end, samples: part.length})
        end += part.length
      })
    } finally {
      await file.sync()
      await file.close()
      await writeAtomically([{path: join(folder, INDEX), content: `${JSON.stringify(toIndex(sounds))}\n`}])
    }
  } catch (error) {
    throw outputError(folder, error)
  }
}

function toIndex(sounds: ReadonlyMap<string, SpooledSound>): z.infer<typeof Index> {
  const entries = [...sounds].map(([key, sound]): [string, string | [number, number]] => [
    key,
    typeof sound === 'string' ? sound : [sound.start, sound.samples],
  ])
  return {sounds: Object.fromEntries(entries)}
}
