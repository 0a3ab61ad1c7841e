import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {z} from 'zod'
import {cacheRoot, type Environment} from '../models/cache-root.js'

/** In the folder of a data set that was fetched: what it is and where it came from. With it the folder is whole. */
export const MARKER = '.lingulu-dataset.json'

const Marker = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  title: z.string(),
  homepage: z.string(),
  licence: z.string(),
  attribution: z.string(),
  pulledAt: z.iso.datetime(),
  lingulu: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string(),
      url: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      /** Whether the catalogue had a checksum to compare with. */
      checked: z.boolean(),
    }),
  ),
  /** Files in the folder, and their bytes. */
  contents: z.strictObject({files: z.int(), bytes: z.int()}),
  /** By the name of the part. */
  manifests: z.record(z.string(), z.string()),
})
/** What {@link MARKER} says. */
export type PulledMarker = Readonly<z.infer<typeof Marker>>

/** Where data sets stand that were fetched without a folder of the user's. */
export function datasetCache(env: Environment = process.env): string {
  return join(cacheRoot(env), 'datasets')
}

/** What a folder was fetched as; undefined if it was not, or not to its end. */
export async function readMarker(folder: string): Promise<PulledMarker | undefined> {
  try {
    return Marker.parse(JSON.parse(await readFile(join(folder, MARKER), 'utf8')))
  } catch {
    return undefined
  }
}

export function markerText(marker: PulledMarker): string {
  return `${JSON.stringify(marker, null, 2)}\n`
}
