import {Flags} from '@oclif/core'
import {RAW_FORMATS} from '../pipeline/audio/source.js'
import {numberFlag} from './parse-number.js'

const helpGroup = 'AUDIO'

/** What is done to the sound before a model hears it. */
export const soundFlags = {
  channel: Flags.option({options: ['mix', 'left', 'right', 'split'] as const})({
    helpGroup,
    description: 'The mean of the channels, one of them, or a transcript of each. Default: mix.',
  }),
  normalize: Flags.option({options: ['none', 'peak', 'loudness'] as const})({
    helpGroup,
    description: 'Bring the level to a peak of -1 dBFS or a loudness of -23 LUFS first. Default: none.',
  }),
  'trim-silence': Flags.boolean({helpGroup, description: 'Leave out silence at the start and the end.'}),
  vad: Flags.boolean({helpGroup, description: 'Find the speech first and decode nothing else.'}),
  'vad-model': Flags.string({
    helpGroup,
    description: 'A Silero VAD model (.onnx); without one, speech is found by energy and zero crossings.',
  }),
  'vad-threshold': numberFlag({helpGroup, description: 'Speech probability that starts a speech region, 0 to 1.'}),
  'vad-min-speech': numberFlag({helpGroup, description: 'Shorter speech is ignored (seconds).'}),
  'vad-min-silence': numberFlag({helpGroup, description: 'Shorter silence does not end speech (seconds).'}),
  'vad-max-speech': numberFlag({helpGroup, description: 'Longer speech is cut at its longest silence (seconds).'}),
  'vad-pad': numberFlag({helpGroup, description: 'Added on both sides of speech (seconds).'}),
}

export const audioFlags = {
  manifest: Flags.string({
    helpGroup,
    multiple: true,
    multipleNonGreedy: true,
    description: 'A manifest, whatever its name is: TSV or JSON lines by its extension, else CSV.',
  }),
  raw: Flags.option({options: RAW_FORMATS})({
    helpGroup,
    description: 'The input is headerless PCM of this format, such as s16le.',
  }),
  rate: Flags.integer({
    helpGroup,
    min: 1,
    dependsOn: ['raw'],
    description: 'Sample rate of --raw in Hz. Default: 16000.',
  }),
  channels: Flags.integer({helpGroup, min: 1, dependsOn: ['raw'], description: 'Channels of --raw. Default: 1.'}),
  ...soundFlags,
}
