import {SAMPLE_RATE_HZ} from '../source.js'
import type {EndpointOptions} from './options.js'
import {SampleQueue} from './sample-queue.js'
import {offThresholdOf} from './speech-regions.js'
import {VAD_WINDOW_SAMPLES, type VoiceDetector} from './voice-detector.js'

export type EndpointEvent =
  | {readonly type: 'speech-start'; readonly atSeconds: number}
  /** All of an utterance (`final`), or what has been heard of it so far. */
  | {
      readonly type: 'utterance'
      readonly startSeconds: number
      readonly samples: Float32Array
      readonly final: boolean
    }

/** Cuts a live stream into utterances. */
export interface Endpointer {
  /** Takes the next samples at 16 kHz; returns what they settle. */
  push(samples: Float32Array): Promise<EndpointEvent[]>
  /** Ends the stream: speech under way is an utterance. */
  finish(): Promise<EndpointEvent[]>
}

/**
 * Final utterances come in order, do not overlap and hold all speech. Whatever is said is given out at the latest
 * `endSilenceSeconds` + 32 ms after the speaker falls silent, and `maxUtteranceSeconds` after it was said if he does not.
 */
export function createEndpointer(detector: VoiceDetector, options: EndpointOptions): Endpointer {
  detector.reset()
  const queue = new SampleQueue()
  const cutter = new UtteranceCutter(queue, options)
  let judged = 0

  async function judge(): Promise<EndpointEvent[]> {
    const events: EndpointEvent[] = []
    for (; judged + VAD_WINDOW_SAMPLES <= queue.end; judged += VAD_WINDOW_SAMPLES) {
      const window = queue.view(judged, judged + VAD_WINDOW_SAMPLES)
      events.push(...cutter.take(judged, await detector.score(window), energyOf(window)))
    }
    return events
  }

  return {
    push(samples) {
      queue.append(samples)
      return judge()
    },
    async finish() {
      const total = queue.end
      queue.append(new Float32Array((VAD_WINDOW_SAMPLES - (total % VAD_WINDOW_SAMPLES)) % VAD_WINDOW_SAMPLES))
      return [...(await judge()), ...cutter.finish(total)]
    },
  }
}

/** Positions and lengths in samples. */
interface Utterance {
  /** With the pre-roll. */
  readonly start: number
  /** First window that was judged. */
  readonly firstWindow: number
  /** Energies of the windows since. */
  readonly energies: number[]
  speechSamples: number
  announced: boolean
  /** Where the silence began that may end it. */
  silence: number | undefined
  nextProvisional: number
}

class UtteranceCutter {
  readonly #queue: SampleQueue
  readonly #threshold: number
  readonly #offThreshold: number
  readonly #minSpeech: number
  readonly #endSilence: number
  readonly #maxUtterance: number
  readonly #preRoll: number
  readonly #provisional: number
  /** Where the last utterance ended. */
  #floor = 0
  #utterance: Utterance | undefined

  constructor(queue: SampleQueue, options: EndpointOptions) {
    this.#queue = queue
    this.#threshold = options.threshold
    this.#offThreshold = offThresholdOf(options)
    this.#minSpeech = toSamples(options.minSpeechSeconds)
    this.#endSilence = toSamples(options.endSilenceSeconds)
    this.#maxUtterance = toSamples(options.maxUtteranceSeconds)
    this.#preRoll = toSamples(options.preRollSeconds)
    this.#provisional = toSamples(options.provisionalSeconds ?? Number.POSITIVE_INFINITY)
  }

  /** Takes the judgement of the window at `at`. */
  take(at: number, score: number, energy: number): EndpointEvent[] {
    const now = at + VAD_WINDOW_SAMPLES
    if (this.#utterance === undefined && score >= this.#threshold) this.#utterance = this.#open(at)
    const utterance = this.#utterance
    if (utterance === undefined) {
      this.#queue.dropBefore(Math.max(this.#floor, now - this.#preRoll))
      return []
    }
    utterance.energies.push(energy)
    if (score >= this.#threshold) utterance.silence = undefined
    else if (score < this.#offThreshold) utterance.silence ??= at
    if (utterance.silence === undefined) utterance.speechSamples += VAD_WINDOW_SAMPLES
    return [...this.#announce(utterance), ...this.#progress(utterance, now)]
  }

  finish(total: number): EndpointEvent[] {
    return this.#utterance === undefined ? [] : this.#close(this.#utterance, total)
  }

  #open(at: number): Utterance {
    return {
      start: Math.max(this.#floor, at - this.#preRoll),
      firstWindow: at,
      energies: [],
      speechSamples: 0,
      announced: false,
      silence: undefined,
      nextProvisional: at + this.#provisional,
    }
  }

  #announce(utterance: Utterance): EndpointEvent[] {
    if (utterance.announced || utterance.speechSamples < Math.max(1, this.#minSpeech)) return []
    utterance.announced = true
    return [{type: 'speech-start', atSeconds: utterance.firstWindow / SAMPLE_RATE_HZ}]
  }

  #progress(utterance: Utterance, now: number): EndpointEvent[] {
    const {silence, start, announced} = utterance
    if (silence !== undefined && now - silence >= this.#endSilence) return this.#close(utterance, now)
    // No utterance may be longer, not even by a window: Whisper would decode the rest as a second one.
    if (now - start + VAD_WINDOW_SAMPLES > this.#maxUtterance) return this.#cut(utterance, now)
    // In a pause nothing is new, and the end may be near.
    if (!announced || silence !== undefined || now < utterance.nextProvisional) return []
    utterance.nextProvisional = now + this.#provisional
    return [this.#give(start, now, false)]
  }

  #close({start, silence, announced}: Utterance, now: number): EndpointEvent[] {
    this.#utterance = undefined
    if (!announced) return []
    const end = Math.min(now, silence === undefined ? now : silence + this.#preRoll)
    this.#floor = end
    return [this.#give(start, end, true)]
  }

  /** Ends overlong speech in the quietest window of its later half; the rest is the next utterance's beginning. */
  #cut(utterance: Utterance, now: number): EndpointEvent[] {
    const {start, firstWindow, energies, silence} = utterance
    const window = quietest(energies)
    const cut = firstWindow + window * VAD_WINDOW_SAMPLES + VAD_WINDOW_SAMPLES / 2
    const speaks = silence === undefined || silence > cut
    this.#floor = cut
    this.#utterance = {
      start: cut,
      firstWindow: firstWindow + window * VAD_WINDOW_SAMPLES,
      energies: energies.slice(window),
      speechSamples: speaks ? now - cut : 0,
      announced: speaks,
      silence,
      nextProvisional: now + this.#provisional,
    }
    return utterance.announced ? [this.#give(start, cut, true)] : []
  }

  #give(start: number, end: number, final: boolean): EndpointEvent {
    const samples = this.#queue.view(start, end).slice()
    if (final) this.#queue.dropBefore(end)
    return {type: 'utterance', startSeconds: start / SAMPLE_RATE_HZ, samples, final}
  }
}

/** Index of the window with the least energy around it, in the later half. */
function quietest(energies: readonly number[]): number {
  const around = (i: number): number =>
    (energies[i - 1] ?? 0) + (energies[i] ?? 0) + (energies[i + 1] ?? energies[i] ?? 0)
  let best = energies.length - 1
  for (let i = best; i >= energies.length / 2; i--) {
    if (around(i) < around(best)) best = i
  }
  return best
}

function energyOf(window: Float32Array): number {
  let energy = 0
  for (let i = 0; i < window.length; i++) energy += (window[i] as number) ** 2
  return energy
}

function toSamples(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ)
}
