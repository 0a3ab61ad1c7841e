import {SampleQueue} from './sample-queue.js'
import {addSpan, type RegionRules, type SpeechRegion, type SpeechSpan, SpeechTracker} from './speech-regions.js'
import {VAD_WINDOW_SAMPLES, type VoiceDetector} from './voice-detector.js'

/** Lets the speech of a recording through and drops the rest. */
export interface SpeechGate {
  /** Takes the next samples at 16 kHz; returns the speech that is certain by now. */
  push(samples: Float32Array): Promise<Float32Array>
  /** The speech still undecided, and where in the recording all that was let through came from. */
  finish(): Promise<{readonly samples: Float32Array; readonly regions: readonly SpeechRegion[]}>
}

/** Memory is bounded by what {@link SpeechTracker} leaves undecided, however long the recording. */
export function createSpeechGate(detector: VoiceDetector, rules: RegionRules): SpeechGate {
  detector.reset()
  const tracker = new SpeechTracker(rules)
  const regions: SpeechRegion[] = []
  const queue = new SampleQueue()
  let judged = 0

  async function judge(): Promise<SpeechSpan[]> {
    const spans: SpeechSpan[] = []
    for (; judged + VAD_WINDOW_SAMPLES <= queue.end; judged += VAD_WINDOW_SAMPLES) {
      spans.push(...tracker.push(await detector.score(queue.view(judged, judged + VAD_WINDOW_SAMPLES))))
    }
    return spans
  }

  function release(spans: readonly SpeechSpan[]): Float32Array {
    const speech = new Float32Array(spans.reduce((sum, {start, end}) => sum + end - start, 0))
    let at = 0
    for (const span of spans) {
      addSpan(regions, span)
      speech.set(queue.view(span.start, span.end), at)
      at += span.end - span.start
    }
    queue.dropBefore(Math.min(tracker.decidedSamples, judged))
    return speech
  }

  return {
    async push(samples) {
      queue.append(samples)
      return release(await judge())
    },
    async finish() {
      const total = queue.end
      queue.append(new Float32Array((VAD_WINDOW_SAMPLES - (total % VAD_WINDOW_SAMPLES)) % VAD_WINDOW_SAMPLES))
      const spans = await judge()
      return {samples: release([...spans, ...tracker.finish(total)]), regions}
    },
  }
}
