/** Something that an archive holds. `content` is read once, and before the next member is asked for. */
export interface ArchiveMember {
  /** As the archive says: check it before it becomes a path. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Of a link, as the archive says. */
  readonly target: string | undefined
  /** The size that is declared. */
  readonly bytes: number
  readonly content: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>
}

/** How much an archive may hold, whatever it says. */
export interface ExtractionLimits {
  /** Of all that it unpacks to, also of what lies between its members. */
  readonly bytes: number
  readonly members: number
}

/** The archive breaks a rule: the message says which. Never leaves the unpacker. */
export class ArchiveError extends Error {}

export function tooLarge(maximumBytes: number): ArchiveError {
  return new ArchiveError(`it unpacks to more than ${Math.ceil(maximumBytes / 1e6).toLocaleString('en')} MB`)
}
