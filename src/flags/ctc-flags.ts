import {Flags} from '@oclif/core'
import {numberFlag, numberOrNone, numbersFlag} from './parse-number.js'
import {toCamelCase} from './whisper-flags.js'

const helpGroup = 'CTC'

export const ctcFlags = {
  decoder: Flags.option({options: ['auto', 'greedy', 'beam'] as const})({
    helpGroup,
    description: 'Best path, or prefix beam search. Default: beam with a language model or hot words, else greedy.',
  }),
  'beam-width': numberFlag({helpGroup, description: 'Prefixes kept after every frame. Default: 100.'}),
  lm: Flags.string({
    helpGroup,
    description:
      'Word language model: an ARPA file, plain or gzipped, or a .bin of lingulu lm. Default: the lm.bin in the model’s folder, if there is one; none turns it off.',
  }),
  alpha: numberFlag({helpGroup, description: 'Weight of the language model. Default: 0.5.'}),
  beta: numberFlag({helpGroup, description: 'Score added for every word. Default: 1.5.'}),
  lexicon: Flags.string({
    helpGroup,
    description:
      'Pronunciations in the format of CMUdict, by which a model with a head of phones finds words too. Default: the lexicon.txt in the model’s folder, if there is one; none turns it off.',
  }),
  'phone-weight': numberFlag({
    helpGroup,
    description: 'Share of the phones in the acoustic score, 0 to 1. Default: 0.5.',
  }),
  'further-tempos': numbersFlag({
    helpGroup,
    description:
      'Tempos at which the search by characters and phones hears each recording too, 0.5 to 2, such as 0.92,1.08: fewer errors, and each takes as much time again. Default: those of the model’s folder, if it has any; none turns them off.',
  }),
  'prior-weight': numberFlag({
    helpGroup,
    description:
      'How much of what the model expects of its outputs unheard (its label_priors.json) is taken out before a beam search, 0 to 1. Default: 0.',
  }),
  'hot-words': Flags.string({
    helpGroup,
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    description: 'Words to prefer, with commas between them, spelled as the model spells.',
  }),
  'hot-word-weight': numberFlag({helpGroup, description: 'Score added for every hot word. Default: 10.'}),
  'chunk-seconds': numberFlag({helpGroup, description: 'Longer recordings are heard in chunks. Default: 30.'}),
  'stride-seconds': numberOrNone({
    helpGroup,
    description: 'What a chunk hears on each side beyond what it writes. Default: a sixth of the chunk.',
  }),
  'pause-seconds': numberFlag({
    helpGroup,
    description: 'A pause between words this long ends a segment. Default: 0.5.',
  }),
}

/** The options (`CtcOptions`) of the flags that were given; those that were not keep their defaults. */
export function ctcOptions(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.keys(ctcFlags).filter(name => flags[name] !== undefined)
  return Object.fromEntries(given.map(name => [toCamelCase(name), flags[name]]))
}
