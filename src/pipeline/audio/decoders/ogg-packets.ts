import type {OggPage} from './ogg-page.js'

/** A segment of this length goes on in the next one. */
const CONTINUES = 255

/** Puts the packets of one logical stream together from its pages. */
export function createPacketAssembler() {
  let begun: Uint8Array[] = []
  let expectedSequence: number | undefined
  return {
    /** The packets that end on this page, and whether pages before it are missing. */
    take(page: OggPage): {readonly packets: readonly Uint8Array[]; readonly isAfterLoss: boolean} {
      const isAfterLoss = expectedSequence !== undefined && page.sequence !== expectedSequence
      expectedSequence = (page.sequence + 1) >>> 0
      if (isAfterLoss || !page.isContinued) begun = []
      // A packet whose beginning is missing is of no use.
      let isUseless = page.isContinued && begun.length === 0
      const packets: Uint8Array[] = []
      let start = 0
      let end = 0
      for (const length of page.segments) {
        end += length
        if (length === CONTINUES) continue
        if (!isUseless) packets.push(joined([...begun, page.body.slice(start, end)]))
        isUseless = false
        begun = []
        start = end
      }
      if (start < end && !isUseless) begun.push(page.body.slice(start, end))
      return {packets, isAfterLoss}
    },
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
