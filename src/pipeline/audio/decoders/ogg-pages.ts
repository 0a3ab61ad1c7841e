import type {ByteReader} from '../byte-reader.js'
import {isPageStart, MAX_PAGE_BYTES, type OggPage, parseCutOggPage, parseOggPage} from './ogg-page.js'

/** How reading the pages went; filled while they are read. */
export interface OggPagesState {
  /** Places where bytes had to be passed over to find the next page. */
  damagedPlaces: number
  /** The last page is not complete. */
  isCut: boolean
}

/** All whole pages with a right checksum. A page is valid until the next one is asked for. */
export async function* readOggPages(reader: ByteReader, state: OggPagesState): AsyncGenerator<OggPage> {
  let isLost = false
  for (;;) {
    await reader.fill(MAX_PAGE_BYTES)
    if (reader.available === 0) return
    const page = parseOggPage(reader.peek(MAX_PAGE_BYTES), 0)
    if (page !== undefined) {
      isLost = false
      yield page
      reader.take(page.bytes)
      continue
    }
    if (reader.ended && isPageStart(reader.peek(5), 0) && nextPageStart(reader.peek()) === -1) {
      state.isCut = true
      const cut = parseCutOggPage(reader.peek())
      if (cut && cut.bytes > reader.available) yield cut
    } else if (!isLost) state.damagedPlaces++
    isLost = true
    skipToPage(reader)
  }
}

function skipToPage(reader: ByteReader): void {
  const next = nextPageStart(reader.peek())
  reader.take(next === -1 ? Math.max(1, reader.available - 4) : next)
}

function nextPageStart(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x4f, 1); at !== -1; at = bytes.indexOf(0x4f, at + 1)) {
    if (isPageStart(bytes, at)) return at
  }
  return -1
}
