import {indexOfLargest} from '../../statistics/index-of-largest.js'
import {forcedAlign} from './align.js'
import {frameWindow} from './frame-window.js'
import type {BothHeads, JointSearch, PhoneSet} from './joint-search.js'
import {type Stretch, type StretchLimits, stretchCutter} from './stretches.js'
import type {TokenSpan} from './token-span.js'
import type {CtcVocabulary} from './vocabulary.js'

export interface JointDecoderOptions extends StretchLimits {
  readonly search: JointSearch
  readonly vocabulary: CtcVocabulary
  readonly phones: PhoneSet
  /** Of the further hearings; 0.9 has more frames. */
  readonly furtherTempos: readonly number[]
}

/** As a `CtcDecoder`, of what two heads say. */
export interface JointDecoder {
  /**
   * Takes the next frames of both heads; returns the tokens that no later frame can change.
   *
   * @param further of each further hearing its next frames, at least those up to the same time
   */
  push(heard: BothHeads, further: readonly (readonly BothHeads[])[]): TokenSpan[]
  /** The tokens still missing. */
  finish(): TokenSpan[]
}

/**
 * A {@link JointSearch} over a stream: it is cut where the likeliest characters are blanks or delimiters, and every
 * stretch is searched, in all hearings, and aligned by itself. Tokens have the frames of the first hearing.
 */
export function jointDecoder({
  search,
  vocabulary,
  phones,
  furtherTempos,
  ...limits
}: JointDecoderOptions): JointDecoder {
  const {size, blank, delimiter} = vocabulary
  const cutter = stretchCutter(limits)
  const first = headsWindow(size, phones.size)
  const further = furtherTempos.map(tempo => ({tempo, window: headsWindow(size, phones.size)}))
  let seen = 0

  function decode({from, to}: Stretch): TokenSpan[] {
    const frames = first.take(from, to)
    const again = further.map(({tempo, window}) => window.take(Math.round(from / tempo), Math.round(to / tempo)))
    const targets = search.search(frames, ...again.filter(({characters}) => characters.length > 0))
    if (targets.length === 0) return []
    const {spans} = forcedAlign({
      logProbabilities: frames.characters,
      vocabularySize: size,
      blank,
      targets,
      delimiter,
    })
    const space: TokenSpan = {token: delimiter, start: from, end: from + 1, logProbability: 0}
    return [space, ...spans.map(span => ({...span, start: span.start + from, end: span.end + from}))]
  }

  return {
    push(heard, again) {
      first.append(heard)
      for (const [i, {window}] of further.entries()) again[i]?.forEach(window.append)
      const tokens: TokenSpan[] = []
      for (; seen < first.end; seen++) {
        const likeliest = indexOfLargest(first.charactersOf(seen))
        const stretch = cutter.push(likeliest === blank || likeliest === delimiter)
        if (stretch !== undefined) tokens.push(...decode(stretch))
      }
      return tokens
    },
    finish() {
      const stretch = cutter.finish()
      return stretch === undefined ? [] : decode(stretch)
    },
  }
}

/** The last frames of both heads. */
function headsWindow(vocabularySize: number, phones: number) {
  const written = frameWindow(vocabularySize)
  const said = frameWindow(phones)
  return {
    get end() {
      return written.end
    },
    append(heads: BothHeads): void {
      written.append(heads.characters)
      said.append(heads.phones)
    },
    charactersOf: (frame: number) => written.slice(frame, frame + 1),
    /** Frames [from, to), as far as there are any, which are then held no longer. */
    take(from: number, to: number): BothHeads {
      const last = Math.min(to, written.end)
      const begin = Math.min(from, last)
      const heads = {characters: written.slice(begin, last), phones: said.slice(begin, last)}
      written.dropBefore(last)
      said.dropBefore(last)
      return heads
    },
  }
}
