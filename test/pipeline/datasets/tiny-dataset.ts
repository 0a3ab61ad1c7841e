import {createHash} from 'node:crypto'
import type {CatalogEntry, DatasetFile} from '../../../src/pipeline/datasets/catalog.js'
import type {DownloadPolicy} from '../../../src/pipeline/download/download-policy.js'
import type {FakeHub} from '../models/fake-hub.js'
import {silentWav, tarGzOf} from './make-archive.js'

export const IMPATIENT: DownloadPolicy = {
  attempts: 5,
  attemptsToReach: 2,
  baseDelaySeconds: 0.01,
  maximumDelaySeconds: 0.02,
  maximumRetryAfterSeconds: 2,
  stallSeconds: 5,
  maximumRedirects: 4,
}

export const PATH = 'tiny.tar.gz'
const TEXTS = ['A QUIET MORNING', 'TWO BIRDS SING', 'RAIN ON THE ROOF']

/** Three utterances of two speakers, laid out as LibriSpeech is. */
export async function tinyArchive(root = 'LibriSpeech/tiny'): Promise<Buffer> {
  const rows = TEXTS.map((text, index) => ({
    text,
    speaker: index < 2 ? '7' : '8',
    id: `${index < 2 ? 7 : 8}-1-000${index}`,
  }))
  return tarGzOf([
    {name: 'LibriSpeech/LICENSE.TXT', content: 'free'},
    ...rows.map(({id, speaker}) => ({name: `${root}/${speaker}/1/${id}.flac`, content: silentWav(1600)})),
    ...['7', '8'].map(speaker => ({
      name: `${root}/${speaker}/1/${speaker}-1.trans.txt`,
      content: rows.flatMap(row => (row.speaker === speaker ? [`${row.id} ${row.text}\n`] : [])).join(''),
    })),
    // Random, so that the archive has a size.
    {name: 'LibriSpeech/noise.bin', content: pseudoRandom(300_000)},
  ])
}

function pseudoRandom(bytes: number): Buffer {
  const blocks = Array.from({length: Math.ceil(bytes / 32)}, (_, n) => createHash('sha256').update(`${n}`).digest())
  return Buffer.concat(blocks).subarray(0, bytes)
}

export const urlOf = (hub: FakeHub, path = PATH, base = hub.endpoint): string =>
  `${base}/some/data/resolve/${'a'.repeat(40)}/${path}`

/** The entry of a catalogue for an archive that the server has. */
export function tinyEntry(
  hub: FakeHub,
  archive: Buffer,
  {file = {}, ...entry}: Partial<CatalogEntry> & {readonly file?: Partial<DatasetFile>} = {},
): CatalogEntry {
  hub.add('some/data', {[PATH]: archive})
  return {
    name: 'tiny',
    aliases: ['tiny-alias'],
    title: 'Tiny',
    description: 'For tests.',
    homepage: 'https://example.org/tiny',
    licence: 'CC0-1.0',
    attribution: 'Nobody',
    languages: ['en'],
    files: [
      {
        path: PATH,
        urls: [urlOf(hub)],
        archive: 'tar.gz',
        bytes: archive.length,
        sha256: createHash('sha256').update(archive).digest('hex'),
        md5: null,
        ...file,
      },
    ],
    parts: [{name: 'all', root: 'LibriSpeech/tiny', layout: 'librispeech', hours: null, utterances: 3}],
    manual: null,
    ...entry,
  }
}
