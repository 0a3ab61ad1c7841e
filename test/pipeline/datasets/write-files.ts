import {mkdir, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

/** A folder with these files; an empty content stands for a recording that nobody decodes. */
export async function writeFiles(files: Readonly<Record<string, string | Buffer>>, folder?: string): Promise<string> {
  const root = folder ?? (await temporaryFolder())
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), {recursive: true})
    await writeFile(join(root, name), content)
  }
  return root
}

/** So many seconds of a quiet tone: 16 kHz, 16 bits, mono. */
export function wav(seconds: number): Buffer {
  const bytes = Buffer.alloc(44 + 2 * Math.round(16_000 * seconds))
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(16_000, 24)
  bytes.writeUInt32LE(32_000, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(bytes.length - 44, 40)
  for (let at = 44; at < bytes.length; at += 2) bytes.writeInt16LE(Math.round(1000 * Math.sin(at / 30)), at)
  return bytes
}
