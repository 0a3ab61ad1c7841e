import {extname} from 'node:path'

export type ManifestFormat = 'csv' | 'tsv' | 'jsonl'

/** A file of this name is a list of recordings, not a recording. */
export const isManifestName = (path: string): boolean => /\.(csv|tsv|jsonl|ndjson)$/i.test(path)

/** How a manifest is read: by its extension, `.json` (as NeMo names its lines of JSON) included; CSV for any other. */
export function manifestFormatOf(path: string): ManifestFormat {
  const extension = extname(path).toLowerCase()
  if (extension === '.tsv') return 'tsv'
  return ['.jsonl', '.ndjson', '.json'].includes(extension) ? 'jsonl' : 'csv'
}
