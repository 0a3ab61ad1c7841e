import {createHash} from 'node:crypto'

/** SHA-256 of a text's UTF-8 bytes, or of bytes, in hexadecimal. */
export const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
