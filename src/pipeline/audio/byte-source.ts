import {type FileHandle, open, stat} from 'node:fs/promises'
import {addAbortSignal, type Readable} from 'node:stream'
import {LinguluError} from '../errors.js'

const READ_BYTES = 1 << 18

/** Bytes on demand: nothing is read before it is pulled. */
export interface ByteSource {
  /** Known for regular files. */
  readonly totalBytes: number | undefined
  /** The next bytes, at least one; undefined at the end. The array is the caller's until the next pull. */
  pull(): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/**
 * Opens a regular file.
 *
 * @throws LinguluError INPUT_MISSING, AUDIO_UNREADABLE (directory, device, no permission), AUDIO_EMPTY (0 bytes)
 */
export async function openFile(path: string, signal?: AbortSignal | undefined): Promise<ByteSource> {
  signal?.throwIfAborted()
  const totalBytes = await regularFileSize(path)
  if (totalBytes === 0) throw new LinguluError('AUDIO_EMPTY', `${path} is empty (0 bytes)`)
  const handle = await open(path, 'r').catch(error => {
    throw unreadable(path, error)
  })
  return fileSource(path, handle, totalBytes, signal)
}

function fileSource(path: string, handle: FileHandle, totalBytes: number, signal?: AbortSignal): ByteSource {
  const chunk = new Uint8Array(Math.min(READ_BYTES, totalBytes))
  return {
    totalBytes,
    async pull() {
      signal?.throwIfAborted()
      const {bytesRead} = await handle.read(chunk, 0, chunk.length).catch(error => {
        throw unreadable(path, error)
      })
      return bytesRead === 0 ? undefined : chunk.subarray(0, bytesRead)
    },
    close: () => handle.close(),
  }
}

/** Reads a stream such as stdin. Aborting destroys the stream, so that one which never ends cannot hold the job. */
export function openStream(stream: Readable, name: string, signal?: AbortSignal | undefined): ByteSource {
  signal?.throwIfAborted()
  if (signal) addAbortSignal(signal, stream)
  const chunks = stream.iterator({destroyOnReturn: true})
  return {
    totalBytes: undefined,
    async pull() {
      for (;;) {
        signal?.throwIfAborted()
        const next = await chunks.next().catch(error => {
          signal?.throwIfAborted()
          throw new LinguluError('AUDIO_UNREADABLE', `${name} could not be read: ${messageOf(error)}`, {cause: error})
        })
        if (next.done === true) return undefined
        const bytes = toBytes(next.value)
        if (bytes.length > 0) return bytes
      }
    },
    async close() {
      await chunks.return?.()
    },
  }
}

async function regularFileSize(path: string): Promise<number> {
  const stats = await stat(path).catch(error => {
    throw unreadable(path, error)
  })
  if (stats.isDirectory()) throw new LinguluError('AUDIO_UNREADABLE', `${path} is a directory, not a file`)
  // Opening a pipe nobody writes to would wait for ever.
  if (!stats.isFile()) {
    const hint = 'Send the audio through standard input: … | lingulu transcribe -'
    throw new LinguluError('AUDIO_UNREADABLE', `${path} is not a regular file`, {hint})
  }
  return stats.size
}

function unreadable(path: string, error: unknown): LinguluError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new LinguluError('INPUT_MISSING', `${path} does not exist`, {cause: error})
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Check the permissions of the file and of the folders above it.'
    return new LinguluError('AUDIO_UNREADABLE', `${path} may not be read: permission denied`, {cause: error, hint})
  }
  return new LinguluError('AUDIO_UNREADABLE', `${path} could not be read: ${messageOf(error)}`, {cause: error})
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk === 'string') return Buffer.from(chunk, 'latin1')
  throw new TypeError(`an audio stream must give bytes, got ${typeof chunk}`)
}
