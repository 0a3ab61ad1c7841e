import {indexOfLargest} from '../../statistics/index-of-largest.js'
import {forcedAlign} from './align.js'
import {frameWindow} from './frame-window.js'
import type {JointSearch, PhoneSet} from './joint-search.js'
import {type Stretch, type StretchLimits, stretchCutter} from './stretches.js'
import type {TokenSpan} from './token-span.js'
import type {CtcVocabulary} from './vocabulary.js'

export interface JointDecoderOptions extends StretchLimits {
  readonly search: JointSearch
  readonly vocabulary: CtcVocabulary
  readonly phones: PhoneSet
}

/** As a `CtcDecoder`, of what two heads say. */
export interface JointDecoder {
  /** Takes the next frames of both heads; returns the tokens that no later frame can change. */
  push(characters: Float32Array, phones: Float32Array): TokenSpan[]
  /** The tokens still missing. */
  finish(): TokenSpan[]
}

/**
 * A {@link JointSearch} over a stream: it is cut where the likeliest characters are blanks or delimiters, and every
 * stretch is searched and aligned by itself.
 */
export function jointDecoder({search, vocabulary, phones, ...limits}: JointDecoderOptions): JointDecoder {
  const {size, blank, delimiter} = vocabulary
  const cutter = stretchCutter(limits)
  const written = frameWindow(size)
  const heard = frameWindow(phones.size)
  let seen = 0

  function decode({from, to}: Stretch): TokenSpan[] {
    const frames = written.slice(from, to)
    const targets = search.search(frames, heard.slice(from, to))
    written.dropBefore(to)
    heard.dropBefore(to)
    if (targets.length === 0) return []
    const {spans} = forcedAlign({logProbabilities: frames, vocabularySize: size, blank, targets, delimiter})
    const space: TokenSpan = {token: delimiter, start: from, end: from + 1, logProbability: 0}
    return [space, ...spans.map(span => ({...span, start: span.start + from, end: span.end + from}))]
  }

  return {
    push(characters, phoneFrames) {
      written.append(characters)
      heard.append(phoneFrames)
      const tokens: TokenSpan[] = []
      for (; seen < written.end; seen++) {
        const likeliest = indexOfLargest(written.slice(seen, seen + 1))
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
