import {createLevelMeter, type NormalizeMode} from '../audio/normalize-level.js'
import {SAMPLE_RATE_HZ} from '../audio/source.js'
import {createSilenceDetector, type TrimRange} from '../audio/trim-silence.js'
import {type FrameStoreDescriptor, openFrameStore} from '../features/frame-store.js'
import type {FrameStoreWriter} from '../features/frame-store-writer.js'
import type {FrameStore} from '../models/recognizer.js'
import type {ChannelFeatures, ChannelSink} from './channel-features.js'

export interface LevelOptions {
  readonly normalize: NormalizeMode | undefined
  readonly trimSilence: boolean
  /** Called now and then on the later ways through the recording. */
  readonly onProgress: (() => void) | undefined
}

const CHUNK_SAMPLES = 10 * SAMPLE_RATE_HZ

/**
 * Brings a channel to a level and leaves out silence at its ends before it goes on to `sink`. Both need the whole of it,
 * so it waits in `waveform` (one sample per frame), in memory or on disk.
 */
export function createLevelSink(sink: ChannelSink, waveform: FrameStoreWriter, options: LevelOptions): ChannelSink {
  const meter = options.normalize && createLevelMeter(options.normalize)
  return {
    async push(samples) {
      meter?.push(samples)
      waveform.append(samples)
    },
    async finish() {
      const gain = meter?.gain() ?? 1
      const descriptor = waveform.finish(gain === 1 ? undefined : {scale: gain, offset: 0})
      return await passOn(descriptor, sink, options)
    },
    discard() {
      waveform.discard()
      sink.discard()
    },
  }
}

async function passOn(
  descriptor: FrameStoreDescriptor,
  sink: ChannelSink,
  {trimSilence, onProgress}: LevelOptions,
): Promise<ChannelFeatures> {
  const store = openFrameStore(descriptor)
  try {
    const whole = {start: 0, end: store.frames}
    const kept = trimSilence ? soundIn(store, onProgress) : whole
    for (const samples of chunks(store, kept)) {
      onProgress?.()
      await sink.push(samples)
    }
    const features = await sink.finish()
    return kept.end - kept.start === store.frames ? features : shifted(features, kept)
  } finally {
    await store.close()
  }
}

function soundIn(store: FrameStore, onProgress: (() => void) | undefined): TrimRange {
  const detector = createSilenceDetector()
  for (const samples of chunks(store, {start: 0, end: store.frames})) {
    onProgress?.()
    detector.push(samples)
  }
  return detector.range()
}

function* chunks(store: FrameStore, {start, end}: TrimRange): Generator<Float32Array> {
  for (let at = start; at < end; at += CHUNK_SAMPLES) yield store.read(at, Math.min(CHUNK_SAMPLES, end - at))
}

/** Places in what was kept become places in the recording. */
function shifted({regions, ...features}: ChannelFeatures, kept: TrimRange): ChannelFeatures {
  const moved = regions?.map(({start, end}) => ({start: start + kept.start, end: end + kept.start}))
  return {...features, regions: moved ?? [kept]}
}
