import {open} from 'node:fs/promises'
import {LinguluError} from '../errors.js'

const LFS_POINTER = 'version https://git-lfs'

/**
 * Refuses what is plainly no model before ONNX Runtime gives its own, obscure message.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID.
 */
export async function checkModelFile(path: string): Promise<void> {
  const head = await readHead(path, LFS_POINTER.length).catch(cause => {
    throw unreadable(path, cause)
  })
  if (head === '') {
    throw new LinguluError('MODEL_INVALID', `${path} is empty.`, {hint: 'Fetch the model again.'})
  }
  if (head === LFS_POINTER) {
    throw new LinguluError('MODEL_INVALID', `${path} is a Git LFS pointer, not the model itself.`, {
      hint: 'Run `git lfs pull` in that folder, or fetch the model with `lingulu models pull`.',
    })
  }
}

async function readHead(path: string, bytes: number): Promise<string> {
  const file = await open(path)
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): LinguluError {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    return new LinguluError('MODEL_MISSING', `${path} does not exist.`, {cause})
  }
  return new LinguluError('MODEL_INVALID', `${path} cannot be read: ${cause.message}.`, {cause})
}
