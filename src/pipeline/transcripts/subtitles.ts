import {strip} from '../text/strip.js'
import {toMilliseconds} from './format-timestamp.js'
import type {Segment, Word} from './transcript.js'

/** How words become lines and cues. All of it needs word timestamps; without them each segment is one cue. */
export interface SubtitleOptions {
  /** Characters (code points) per line. */
  readonly maxLineWidth?: number | undefined
  /** Lines per cue. No effect without `maxLineWidth`; with it, cues may join segments. */
  readonly maxLineCount?: number | undefined
  /** Words per cue. No effect with `maxLineWidth`. */
  readonly maxWordsPerLine?: number | undefined
  /** One cue per word, the spoken word underlined with `<u>`. */
  readonly highlightWords?: boolean | undefined
}

/** One subtitle on the screen. */
export interface Cue {
  readonly startMilliseconds: number
  readonly endMilliseconds: number
  readonly text: string
}

export type TimedText = Pick<Segment, 'start' | 'end' | 'text' | 'words'>

/** Silence that starts a new cue where cues may join segments. */
const LONG_PAUSE_SECONDS = 3
/** What OpenAI's writer takes for "no limit". */
const NO_LIMIT = 1000

/**
 * The cues of a transcript, shaped exactly as by `SubtitlesWriter.iterate_result` of openai/whisper: a limit of 0 is no
 * limit, and the text of cues made from words is kept as it is (no `-->` is replaced there).
 */
export function* shapeSubtitles(segments: readonly TimedText[], options: SubtitleOptions = {}): Generator<Cue> {
  if (!haveWords(segments)) {
    yield* segments.map(segmentCue)
    return
  }
  for (const words of groupWords(segments, options)) {
    if (options.highlightWords === true) yield* highlightedCues(words)
    else yield cueOf(words)
  }
}

/** OpenAI's asks only the first segment, and fails where an emptied one alone has the key. */
function haveWords(segments: readonly TimedText[]): boolean {
  return segments[0]?.words !== undefined && segments.every(({text, words}) => words !== undefined || text === '')
}

function segmentCue({start, end, text}: TimedText): Cue {
  return {
    startMilliseconds: toMilliseconds(start),
    endMilliseconds: toMilliseconds(end),
    text: strip(text).replaceAll('-->', '->'),
  }
}

interface ShownWord {
  /** With the white space or line break that goes before it. */
  readonly text: string
  readonly start: number
  readonly end: number
}

type CueWords = readonly [ShownWord, ...ShownWord[]]

function* groupWords(segments: readonly TimedText[], options: SubtitleOptions): Generator<CueWords> {
  const maxLineCount = options.maxLineCount || undefined
  const maxLineWidth = options.maxLineWidth || NO_LIMIT
  const keepSegments = maxLineCount === undefined || !options.maxLineWidth
  let cue: [ShownWord, ...ShownWord[]] | undefined
  let lineLength = 0
  let lineCount = 1
  let last: number | undefined

  for (const {word, startsChunk} of chunkedWords(segments, options.maxWordsPerLine || NO_LIMIT)) {
    const longPause = !keepSegments && word.start - (last ?? word.start) > LONG_PAUSE_SECONDS
    const hasRoom = lineLength + codePoints(word.word) <= maxLineWidth
    const segmentBreak: boolean = startsChunk && cue !== undefined && keepSegments
    last = word.start
    if (cue !== undefined && lineLength > 0 && hasRoom && !longPause && !segmentBreak) {
      cue.push({text: word.word, start: word.start, end: word.end})
      lineLength += codePoints(word.word)
      continue
    }
    const text = strip(word.word)
    const full: boolean = cue !== undefined && maxLineCount !== undefined && (longPause || lineCount >= maxLineCount)
    if (cue !== undefined && (full || segmentBreak)) {
      yield cue
      cue = undefined
      lineCount = 1
    } else if (lineLength > 0) lineCount++
    const shown = {text: cue !== undefined && lineLength > 0 ? `\n${text}` : text, start: word.start, end: word.end}
    if (cue === undefined) cue = [shown]
    else cue.push(shown)
    lineLength = codePoints(text)
  }
  if (cue !== undefined) yield cue
}

function* chunkedWords(
  segments: readonly TimedText[],
  chunkSize: number,
): Generator<{readonly word: Word; readonly startsChunk: boolean}> {
  for (const {words = []} of segments) {
    for (const [index, word] of words.entries()) yield {word, startsChunk: index % chunkSize === 0}
  }
}

function cueOf(words: CueWords): Cue {
  return {
    startMilliseconds: toMilliseconds(words[0].start),
    endMilliseconds: toMilliseconds((words.at(-1) ?? words[0]).end),
    text: words.map(({text}) => text).join(''),
  }
}

function* highlightedCues(words: CueWords): Generator<Cue> {
  const {startMilliseconds, text} = cueOf(words)
  let last = startMilliseconds
  for (const [index, word] of words.entries()) {
    const start = toMilliseconds(word.start)
    const end = toMilliseconds(word.end)
    if (last !== start) yield {startMilliseconds: last, endMilliseconds: start, text}
    const shown = words.map((other, position) => (position === index ? underline(other.text) : other.text))
    yield {startMilliseconds: start, endMilliseconds: end, text: shown.join('')}
    last = end
  }
}

/** Python's `re.sub(r'^(\s*)(.*)$', r'\1<u>\2</u>', text)`: what has a line feed inside the word does not match. */
function underline(text: string): string {
  const word = strip(text)
  const start = word === '' ? text.length : text.indexOf(word)
  const end = text.endsWith('\n') && word !== '' ? text.length - 1 : text.length
  const underlined = text.slice(start, end)
  if (underlined.includes('\n')) return text
  return `${text.slice(0, start)}<u>${underlined}</u>${text.slice(end)}`
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
