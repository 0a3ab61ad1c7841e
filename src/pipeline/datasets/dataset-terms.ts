import type {DownloadTerms} from '../download/download-context.js'

/** How errors of data sets that are fetched speak. */
export const DATASET_TERMS = {
  failed: 'DATASET_DOWNLOAD',
  missing: 'DATASET_DOWNLOAD',
  server: 'The server',
  hints: {
    damaged: 'It was fetched twice and thrown away. Try again later: the server or a proxy changes the file.',
    wrongLength: 'A proxy may answer in the server’s place, or the file has changed since the catalogue was made.',
    unreachable: 'Check the network and HTTPS_PROXY. What was fetched is kept.',
    askedToWait: 'Try again after that: what was fetched is kept.',
    disk: 'Make room, or choose a folder elsewhere with --to or LINGULU_CACHE; what was fetched is kept.',
    space: 'Free some space, or choose a folder on another disk with --to or LINGULU_CACHE.',
    archive:
      'Nothing of it was kept. Fetch it again; if it stays so, the file has changed since the catalogue was made.',
  },
} as const satisfies DownloadTerms & {readonly hints: {readonly archive: string}}
