import type {ChannelChoice} from './source.js'

/** Mean of the channels. ffmpeg's float path sums with 1/√2 instead and is 3 dB louder on centred speech. */
export function toMono(channels: readonly Float32Array[]): Float32Array {
  const [first, second] = channels
  if (first === undefined) return new Float32Array(0)
  if (second === undefined) return first
  return channels.length === 2 ? meanOfTwo(first, second) : meanOfMany(channels)
}

/**
 * The channels the user chose: `mix` their mean, `left` the first, `right` the second, `split` all of them.
 * A mono recording has one channel, which is then left and right and all there is.
 */
export function chooseChannels(channels: readonly Float32Array[], choice: ChannelChoice): readonly Float32Array[] {
  if (choice === 'split' || channels.length === 0) return channels
  if (choice === 'mix') return [toMono(channels)]
  const index = choice === 'right' && channels.length > 1 ? 1 : 0
  return channels.slice(index, index + 1)
}

function meanOfTwo(left: Float32Array, right: Float32Array): Float32Array {
  const mono = new Float32Array(left.length)
  for (let i = 0; i < mono.length; i++) mono[i] = ((left[i] as number) + (right[i] as number)) / 2
  return mono
}

function meanOfMany(channels: readonly Float32Array[]): Float32Array {
  const length = channels[0]?.length ?? 0
  const sum = new Float64Array(length)
  for (const channel of channels) for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + (channel[i] as number)
  return Float32Array.from(sum, total => total / channels.length)
}
