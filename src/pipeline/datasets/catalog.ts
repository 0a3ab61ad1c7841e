import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import type {Digest} from '../download/digest-file.js'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import type {Environment} from '../models/cache-root.js'
import {packageFile} from '../models/package-root.js'
import {closestNames} from '../text/closest-names.js'
import {LAYOUTS} from './dataset-options.js'

const NAME = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/
const Name = z.string().regex(NAME)
/** Relative, with `/`, and without `.` or `..`. */
const PlainPath = z.string().regex(/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/)
const HttpsUrl = z.url({protocol: /^https?$/})

const DatasetFile = z.strictObject({
  path: PlainPath.describe(
    'Where it stands in the folder. An archive is unpacked into the folder that it would stand in.',
  ),
  urls: z.array(HttpsUrl).min(1).describe('Its home, then mirrors.'),
  archive: z.enum(['tar', 'tar.gz', 'tar.bz2', 'zip']).nullable().describe('`null`: it is kept as it is.'),
  bytes: z.int().positive().nullable().describe('`null`: not published.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  md5: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
})
export type DatasetFile = Readonly<z.infer<typeof DatasetFile>>

const DatasetPart = z.strictObject({
  name: Name,
  root: PlainPath.describe('The folder in the archive that holds it.'),
  layout: z.enum(LAYOUTS),
  hours: z.number().positive().nullable(),
  utterances: z.int().positive().nullable(),
})
export type DatasetPart = Readonly<z.infer<typeof DatasetPart>>

const CatalogEntry = z
  .strictObject({
    name: Name,
    aliases: z.array(Name),
    title: z.string().min(1),
    description: z.string().min(1),
    homepage: HttpsUrl,
    licence: z.string().min(1).describe('An SPDX name, or what its makers say.'),
    attribution: z.string().min(1).describe('Whom to name, and what to cite.'),
    languages: z.array(z.string()).min(1),
    files: z.array(DatasetFile),
    parts: z.array(DatasetPart).describe('What can be evaluated: each gets a manifest.'),
    manual: z.string().nullable().describe('How to get it, where lingulu may not fetch it.'),
  })
  .refine(({files, manual}) => (files.length === 0) === (manual !== null), {
    error: 'a data set has files, or says how to get it',
  })
export type CatalogEntry = Readonly<z.infer<typeof CatalogEntry>>

const Catalog = z.strictObject({datasets: z.array(CatalogEntry)})

/**
 * The data sets lingulu knows by name: `datasets/catalog.json`, or the catalogue that `LINGULU_DATASETS` names instead.
 * @throws {LinguluError} CONFIG_INVALID
 */
export async function loadCatalog(env: Environment = process.env): Promise<readonly CatalogEntry[]> {
  const path = env.LINGULU_DATASETS || packageFile('datasets/catalog.json')
  const parsed = Catalog.safeParse(await readJson(path))
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', `${path}\n${explainIssues(parsed.error)}`)
  return parsed.data.datasets
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new LinguluError(
      'CONFIG_INVALID',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        hint: 'LINGULU_DATASETS must name a catalogue of data sets, or be unset.',
      },
    )
  }
}

/** An entry of the catalogue and, where the name says one, its part. */
export interface NamedDataset {
  readonly entry: CatalogEntry
  readonly part: DatasetPart | undefined
}

/**
 * Looks a data set up by name: `librispeech-test-clean`, `librispeech:test-clean` and `LibriSpeech/test-clean` are the
 * same one, and so is its alias `test-clean`. A part is named behind its data set: `speechocean762:test`.
 */
export function findByName(catalog: readonly CatalogEntry[], name: string): NamedDataset | undefined {
  const wanted = canonicalName(name)
  for (const entry of catalog) {
    const names = [entry.name, ...entry.aliases]
    if (names.includes(wanted)) return {entry, part: entry.parts.length === 1 ? entry.parts[0] : undefined}
    const part = entry.parts.find(part => names.some(name => `${name}-${part.name}` === wanted))
    if (part !== undefined) return {entry, part}
  }
  return undefined
}

/** @throws {LinguluError} USAGE with the names that come close. */
export function requireByName(catalog: readonly CatalogEntry[], name: string): NamedDataset {
  const found = findByName(catalog, name)
  if (found !== undefined) return found
  const wanted = canonicalName(name)
  const names = catalog.flatMap(({name, aliases}) => [name, ...aliases])
  const family = catalog.filter(entry => entry.name.startsWith(`${wanted}-`)).map(entry => entry.name)
  const close = family.length > 0 ? family : closestNames(names, wanted)
  throw new LinguluError(
    'USAGE',
    family.length > 0
      ? `${name} is several data sets: name one of them.`
      : `${name} is neither a path nor the name of a data set.`,
    {
      hint: close.length > 0 ? `Did you mean ${listOf(close)}?` : '`lingulu datasets list` shows the names.',
    },
  )
}

function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/[:/_\s]+/g, '-')
}

const listOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** The strongest digest that is published for a file. */
export function digestOf({sha256, md5}: DatasetFile): Digest | undefined {
  if (sha256 !== null) return {kind: 'sha256', hex: sha256}
  return md5 === null ? undefined : {kind: 'md5', hex: md5}
}

/** The name of a part's manifest in the data set's folder. */
export function manifestName({parts}: CatalogEntry, part: DatasetPart): string {
  return parts.length === 1 ? 'manifest.jsonl' : `${part.name}.jsonl`
}
