import {statfs} from 'node:fs/promises'
import {LinguluError} from '../errors.js'
import type {DownloadTerms} from './download-context.js'

const SPARE_BYTES = 64 * 2 ** 20

/**
 * Makes sure that so much can be written to a folder, which must be there.
 *
 * @throws LinguluError the terms' `failed`.
 */
export async function requireSpace(folder: string, bytes: number, {failed, hints}: DownloadTerms): Promise<void> {
  const {bavail, bsize} = await statfs(folder)
  if (bytes === 0 || bavail * bsize >= bytes + SPARE_BYTES) return
  const megabytes = (count: number) => `${Math.ceil(count / 1e6).toLocaleString('en')} MB`
  throw new LinguluError(
    failed,
    `${folder} has ${megabytes(bavail * bsize)} free, ${megabytes(bytes + SPARE_BYTES)} are needed.`,
    {hint: hints.space},
  )
}
