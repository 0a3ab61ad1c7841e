import type {SpeechGate} from '../audio/vad/speech-gate.js'
import type {SpeechRegion} from '../audio/vad/speech-regions.js'
import type {FeatureExtractor} from '../features/feature-extractor.js'
import type {FrameStoreDescriptor} from '../features/frame-store.js'
import type {FrameStoreWriter} from '../features/frame-store-writer.js'

/** Takes the samples of one channel as they are read. */
export interface ChannelSink {
  push(samples: Float32Array): Promise<void>
  finish(): Promise<ChannelFeatures>
  /** Keeps nothing. */
  discard(): void
}

export interface ChannelFeatures {
  /** Samples that the features stand for. */
  readonly speechSamples: number
  /** What of the recording that is; undefined where nothing has been left out. */
  readonly regions: readonly SpeechRegion[] | undefined
  readonly features: FrameStoreDescriptor
}

/** Lets a channel, or its speech, through to the features. */
export function createChannelSink(
  extractor: FeatureExtractor,
  writer: FrameStoreWriter,
  gate: SpeechGate | undefined,
): ChannelSink {
  let speechSamples = 0
  const extract = (samples: Float32Array) => {
    speechSamples += samples.length
    writer.append(extractor.push(samples))
  }
  return {
    async push(samples) {
      extract(gate === undefined ? samples : await gate.push(samples))
    },
    async finish() {
      const rest = await gate?.finish()
      if (rest !== undefined) extract(rest.samples)
      const {frames, transform} = extractor.finish()
      writer.append(frames)
      return {speechSamples, regions: rest?.regions, features: writer.finish(transform)}
    },
    discard: () => writer.discard(),
  }
}
