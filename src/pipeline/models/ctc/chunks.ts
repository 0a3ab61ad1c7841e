/** A stretch of input that a model hears at once, and the output frames of it that are kept. */
export interface Chunk {
  /** First input frame: a sample of the waveform, or a frame of filter banks. */
  readonly start: number
  readonly length: number
  /** Output frames in front that the chunk before gives better. */
  readonly skip: number
  /** Output frames kept after those; all where undefined. */
  readonly keep: number | undefined
}

export interface ChunkPlan {
  /** Input frames of the recording. */
  readonly frames: number
  /** Input frames of a chunk and of the overlap on either side, both multiples of `ratio`. */
  readonly chunk: number
  readonly stride: number
  /** Input frames per output frame. */
  readonly ratio: number
}

/**
 * Cuts a recording as Hugging Face's pipeline does with `chunk_length_s` and `stride_length_s`: chunks overlap by two
 * strides, of which each of two neighbours gives the half it hears with more context. Chunks begin at multiples of
 * `ratio`, so that kept frame n of the whole is the frame that begins at input frame n × ratio: no time is lost or
 * counted twice however long the recording is. A recording that is not longer than a chunk is one.
 */
export function* planChunks({frames, chunk, stride, ratio}: ChunkPlan): Generator<Chunk> {
  const step = chunk - 2 * stride
  for (let start = 0; ; start += step) {
    const skip = start === 0 ? 0 : stride / ratio
    if (start + chunk >= frames) {
      yield {start, length: frames - start, skip, keep: undefined}
      return
    }
    yield {start, length: chunk, skip, keep: (chunk - stride) / ratio - skip}
  }
}

/** Sizes for {@link planChunks} from seconds, rounded to multiples of `ratio`. */
export function chunkSizes(
  {chunkSeconds, strideSeconds}: {readonly chunkSeconds: number; readonly strideSeconds: number | null},
  {rateHz, ratio}: {readonly rateHz: number; readonly ratio: number},
): {readonly chunk: number; readonly stride: number} {
  const multiple = (seconds: number) => Math.round((seconds * rateHz) / ratio) * ratio
  const chunk = multiple(chunkSeconds)
  // Rounding must leave something between the strides.
  const widest = Math.floor((chunk / ratio - 1) / 2) * ratio
  return {chunk, stride: Math.min(multiple(strideSeconds ?? chunkSeconds / 6), widest)}
}
