import {SAMPLE_RATE_HZ} from '../source.js'
import type {VadOptions} from './options.js'
import {VAD_WINDOW_SAMPLES} from './voice-detector.js'

/** A stretch of speech, in samples at 16 kHz; `end` is the first sample after it. */
export interface SpeechRegion {
  readonly start: number
  readonly end: number
}

/** A piece of a region, told as soon as it is certain. */
export interface SpeechSpan extends SpeechRegion {
  /** True for the first piece of a region; the others follow their predecessor without a gap. */
  readonly opens: boolean
}

export type RegionRules = Omit<VadOptions, 'model'>

/** The regions of a recording of `totalSamples`, from one score per 512 samples. */
export function speechRegions(scores: Iterable<number>, totalSamples: number, rules: RegionRules): SpeechRegion[] {
  const tracker = new SpeechTracker(rules)
  const regions: SpeechRegion[] = []
  for (const score of scores) {
    for (const span of tracker.push(score)) addSpan(regions, span)
  }
  for (const span of tracker.finish(totalSamples)) addSpan(regions, span)
  return regions
}

/** Below what score speech has ended. */
export function offThresholdOf({threshold, offThreshold}: Pick<RegionRules, 'threshold' | 'offThreshold'>): number {
  return offThreshold ?? Math.max(threshold - 0.15, 0.01)
}

/** Adds a piece to the regions it belongs to. */
export function addSpan(regions: SpeechRegion[], {start, end, opens}: SpeechSpan): void {
  const last = regions.at(-1)
  if (last === undefined || opens) regions.push({start, end})
  else regions[regions.length - 1] = {start: last.start, end}
}

/**
 * Decides incrementally what to keep, with the results of `get_speech_timestamps` of silero-vad. What is undecided is
 * bounded: padding and shortest speech and silence; with `maxSpeechSeconds`, that much more.
 */
export class SpeechTracker {
  readonly #raw: RawRegions
  readonly #padSamples: number
  /** Up to here everything kept has been told. */
  #told = 0
  /** Start before padding of the region that is being told piece by piece. */
  #telling: number | undefined
  #opens = false
  /** End before padding of the last region, while its padding depends on what comes. */
  #tail: number | undefined

  constructor(rules: RegionRules) {
    this.#raw = new RawRegions(rules)
    this.#padSamples = Math.round(rules.padSeconds * SAMPLE_RATE_HZ)
  }

  /** All samples before this are told or dropped. */
  get decidedSamples(): number {
    if (this.#telling !== undefined) return this.#told
    return this.#tail ?? Math.max(this.#told, (this.#raw.start ?? this.#raw.position) - this.#padSamples)
  }

  /** Takes the score of the next 512 samples. */
  push(score: number): SpeechSpan[] {
    const spans: SpeechSpan[] = []
    for (const region of this.#raw.push(score)) this.#complete(region, spans)
    const {start, position, certainUntil} = this.#raw
    if (start !== undefined && certainUntil !== undefined) {
      this.#begin(start, spans)
      this.#tellUntil(certainUntil, spans)
    } else if (this.#tail !== undefined && (start ?? position) - this.#tail >= 2 * this.#padSamples) {
      this.#endTail(this.#tail + this.#padSamples, spans)
    }
    return spans
  }

  /** Ends the recording, whose last window may have been filled up with zeros. */
  finish(totalSamples: number): SpeechSpan[] {
    const spans: SpeechSpan[] = []
    for (const region of this.#raw.finish(totalSamples)) this.#complete(region, spans)
    if (this.#tail !== undefined) this.#endTail(Math.min(totalSamples, this.#tail + this.#padSamples), spans)
    return spans
  }

  #complete({start, end}: SpeechRegion, spans: SpeechSpan[]): void {
    this.#begin(start, spans)
    this.#tellUntil(end, spans)
    this.#telling = undefined
    this.#tail = end
  }

  /** Starts a region with its padding; regions closer than two paddings share the silence between them. */
  #begin(start: number, spans: SpeechSpan[]): void {
    if (this.#telling === start) return
    let pad = this.#padSamples
    if (this.#tail !== undefined) {
      pad = Math.min(pad, Math.floor((start - this.#tail) / 2))
      this.#endTail(this.#tail + pad, spans)
    }
    this.#told = Math.max(0, start - pad)
    this.#telling = start
    this.#opens = true
  }

  #endTail(end: number, spans: SpeechSpan[]): void {
    this.#tellUntil(end, spans)
    this.#tail = undefined
  }

  #tellUntil(end: number, spans: SpeechSpan[]): void {
    if (end <= this.#told) return
    spans.push({start: this.#told, end, opens: this.#opens})
    this.#told = end
    this.#opens = false
  }
}

/** Pauses that a cut of overlong speech may use: longer than 98 ms. */
const CUT_SAMPLES = 0.098 * SAMPLE_RATE_HZ

/** The regions before padding. */
class RawRegions {
  readonly #threshold: number
  readonly #offThreshold: number
  readonly #minSpeechSamples: number
  readonly #minSilenceSamples: number
  readonly #maxSpeechSamples: number
  /** First sample after the windows so far. */
  position = 0
  /** Of the region under way. */
  start: number | undefined
  /** Where the silence began that the region may end with. */
  #silence: number | undefined
  #pauses: SpeechRegion[] = []
  #certain = false

  constructor({
    threshold,
    offThreshold,
    minSpeechSeconds,
    minSilenceSeconds,
    padSeconds,
    maxSpeechSeconds,
  }: RegionRules) {
    this.#threshold = threshold
    this.#offThreshold = offThresholdOf({threshold, offThreshold})
    this.#minSpeechSamples = minSpeechSeconds * SAMPLE_RATE_HZ
    this.#minSilenceSamples = minSilenceSeconds * SAMPLE_RATE_HZ
    this.#maxSpeechSamples =
      maxSpeechSeconds === undefined
        ? Number.POSITIVE_INFINITY
        : (maxSpeechSeconds - 2 * padSeconds) * SAMPLE_RATE_HZ - VAD_WINDOW_SAMPLES
  }

  /** How far the region under way is sure to reach; undefined while it may still be dropped or cut. */
  get certainUntil(): number | undefined {
    if (!this.#certain) return undefined
    return this.#silence ?? this.position - VAD_WINDOW_SAMPLES
  }

  push(score: number): SpeechRegion[] {
    const now = this.position
    this.position += VAD_WINDOW_SAMPLES
    if (score >= this.#threshold) this.#endPause(now)
    if (this.start === undefined) {
      if (score >= this.#threshold) this.start = now
      return []
    }
    const cut = now - this.start > this.#maxSpeechSamples ? [this.#cut(this.start, now)] : []
    if (this.start === undefined) return cut
    if (score < this.#offThreshold) {
      this.#silence ??= now
      if (now - this.#silence >= this.#minSilenceSamples) return [...cut, ...this.#close(this.start, this.#silence)]
    }
    const unlimited = this.#maxSpeechSamples === Number.POSITIVE_INFINITY
    this.#certain ||= unlimited && this.#silence === undefined && now - this.start >= this.#minSpeechSamples
    return cut
  }

  finish(totalSamples: number): SpeechRegion[] {
    return this.start === undefined ? [] : this.#close(this.start, totalSamples)
  }

  #endPause(now: number): void {
    if (this.#silence === undefined) return
    const usable = now - this.#silence > CUT_SAMPLES && this.#maxSpeechSamples !== Number.POSITIVE_INFINITY
    if (usable) this.#pauses.push({start: this.#silence, end: now})
    this.#silence = undefined
  }

  /** Overlong speech ends at its longest pause and goes on after it; without a pause it ends here. */
  #cut(start: number, now: number): SpeechRegion {
    const [longest] = this.#pauses.toSorted((a, b) => b.end - b.start - (a.end - a.start))
    this.#pauses = []
    this.#silence = undefined
    this.start = longest?.end
    return {start, end: longest?.start ?? now}
  }

  #close(start: number, end: number): SpeechRegion[] {
    this.start = undefined
    this.#silence = undefined
    this.#pauses = []
    this.#certain = false
    return end - start > this.#minSpeechSamples ? [{start, end}] : []
  }
}
