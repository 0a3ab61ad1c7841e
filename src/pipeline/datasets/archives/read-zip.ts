import {type Entry, open, type ZipFile} from 'yauzl'
import {ArchiveError, type ArchiveMember} from './archive-member.js'

const UNIX = 3
const FILE_TYPE = 0o170000
const LINK = 0o120000

/**
 * The members of a zip file, in the order of its directory. yauzl refuses names that leave the folder, and content that
 * is longer than declared.
 * @throws ArchiveError, and what yauzl says of damage
 */
export async function* readZip(path: string): AsyncGenerator<ArchiveMember> {
  const zip = await openZip(path)
  try {
    for (;;) {
      const entry = await nextEntry(zip)
      if (entry === undefined) return
      if (entry.isEncrypted()) throw new ArchiveError(`it holds an encrypted file (${JSON.stringify(entry.fileName)})`)
      yield {
        name: entry.fileName,
        kind: kindOf(entry),
        target: undefined, // it would have to be read; the link is not made anyway
        bytes: entry.uncompressedSize,
        content: () => openContent(zip, entry),
      }
    }
  } finally {
    zip.close()
  }
}

function kindOf({fileName, versionMadeBy, externalFileAttributes}: Entry): ArchiveMember['kind'] {
  if (fileName.endsWith('/')) return 'folder'
  const mode = versionMadeBy >> 8 === UNIX ? externalFileAttributes >>> 16 : 0
  return (mode & FILE_TYPE) === LINK ? 'link' : 'file'
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(path, {lazyEntries: true, autoClose: false, strictFileNames: true}, (error, zip) =>
      error ? reject(error) : resolve(zip),
    )
  })
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => {
      zip.off('entry', onEntry).off('end', onEnd).off('error', onError)
      action()
    }
    const onEntry = (entry: Entry) => settle(() => resolve(entry))
    const onEnd = () => settle(() => resolve(undefined))
    const onError = (error: Error) => settle(() => reject(error))
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError)
    zip.readEntry()
  })
}

function openContent(zip: ZipFile, entry: Entry): Promise<AsyncIterable<Uint8Array>> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
  })
}
