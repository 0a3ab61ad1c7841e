import type {OggPage} from './ogg-page.js'

/** What of a page's samples is sound. */
export interface PagePart {
  /** Samples to leave out at the beginning. */
  readonly skip: number
  /** Samples that are missing before it. */
  readonly gap: number
  /** Samples after `skip` that are sound. */
  readonly keep: number
}

/** Follows the positions (`granule`) of one logical stream, which count the samples up to the end of a page. */
export interface OggPositions {
  /** Sound before the next page could not be read. */
  noteLoss(): void
  /** For a page from which `length` samples were decoded. */
  place(page: OggPage, length: number): PagePart
}

/**
 * Positions cut the end of the last page, tell how much was lost before a page, and cut the beginning of the first one.
 *
 * @param preSkipSamples how much of the beginning the decoder leaves out although positions count it
 * @param cutsBeginning whether a first position smaller than the page means that the beginning is to be left out (Vorbis)
 */
export function createOggPositions(preSkipSamples: number, cutsBeginning: boolean): OggPositions {
  /** After the samples so far; undefined before the first page with a position. */
  let position: number | undefined
  let hasLoss = false

  const first = (granule: number, isLast: boolean, length: number): PagePart => {
    if (isLast) return {skip: 0, gap: 0, keep: Math.min(length, Math.max(0, granule - preSkipSamples))}
    const skip = cutsBeginning ? Math.max(0, length - granule) : 0
    return {skip, gap: 0, keep: length - skip}
  }
  return {
    noteLoss() {
      hasLoss = true
    },
    place({granule, isLast}, length) {
      if (granule === undefined) return {skip: 0, gap: 0, keep: length}
      // After a lost beginning the sound is taken to have begun at 0.
      const begin = position ?? (hasLoss ? preSkipSamples : undefined)
      position = granule
      if (begin === undefined) return first(granule, isLast, length)
      const surplus = begin + length - granule
      // A position that would cut more than its own page is damaged.
      if (isLast && surplus > 0 && surplus <= length) return {skip: 0, gap: 0, keep: length - surplus}
      const gap = hasLoss ? Math.max(0, -surplus) : 0
      hasLoss = false
      return {skip: 0, gap, keep: length}
    },
  }
}
