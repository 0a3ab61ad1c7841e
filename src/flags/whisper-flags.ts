import {Flags} from '@oclif/core'
import {numberFlag, numberOrNone, numbersFlag} from './parse-number.js'

const helpGroup = 'WHISPER'

/** OpenAI's options in kebab case, with its command line's defaults (`models/whisper/options.ts`), and ours after them. */
export const whisperFlags = {
  task: Flags.option({options: ['transcribe', 'translate'] as const})({
    helpGroup,
    description: 'Write what is said, or translate it into English. Default: transcribe.',
  }),
  language: Flags.string({
    char: 'l',
    helpGroup,
    description: 'Language spoken: a code or a name. Default: detected from the first 30 seconds.',
  }),
  temperature: numberFlag({helpGroup, description: 'Temperature of the first attempt at each window. Default: 0.'}),
  'temperature-increment-on-fallback': numberOrNone({
    helpGroup,
    description: 'Added to the temperature, up to 1, while a window fails the thresholds. Default: 0.2.',
  }),
  'beam-size': numberOrNone({helpGroup, description: 'Beams at temperature 0; none is greedy. Default: 5.'}),
  'best-of': numberOrNone({helpGroup, description: 'Candidates at temperatures above 0. Default: 5.'}),
  patience: numberOrNone({helpGroup, description: 'Beam search patience (arXiv:2204.05424). Default: 1.'}),
  'length-penalty': numberOrNone({
    helpGroup,
    description: 'α of the length penalty, 0 to 1. Default: divide by the length.',
  }),
  'suppress-tokens': numbersFlag({
    helpGroup,
    description: 'Token ids never written; -1 stands for symbols that are not speech. Default: -1.',
  }),
  'suppress-blank': Flags.boolean({helpGroup, allowNo: true, description: 'No blank at the start. Default: on.'}),
  'initial-prompt': Flags.string({helpGroup, description: 'Text the first window is to follow.'}),
  'carry-initial-prompt': Flags.boolean({helpGroup, description: 'Repeat the initial prompt for every window.'}),
  prefix: Flags.string({helpGroup, description: 'Text every window begins with.'}),
  'condition-on-previous-text': Flags.boolean({
    helpGroup,
    allowNo: true,
    description: 'Tell the model what it wrote so far. Default: on.',
  }),
  'without-timestamps': Flags.boolean({helpGroup, description: 'Decode without timestamp tokens.'}),
  'max-initial-timestamp': numberOrNone({helpGroup, description: 'Latest first timestamp in seconds. Default: 1.'}),
  'clamp-timestamps': Flags.boolean({
    helpGroup,
    description: 'Let no segment end after the recording; without, times are those of the reference.',
  }),
  'compression-ratio-threshold': numberOrNone({
    helpGroup,
    description: 'A window whose text compresses better has failed. Default: 2.4.',
  }),
  'logprob-threshold': numberOrNone({
    helpGroup,
    description: 'A window whose mean log-probability is lower has failed. Default: -1.',
  }),
  'no-speech-threshold': numberOrNone({
    helpGroup,
    description: 'A failed window with a higher no-speech probability is silence. Default: 0.6.',
  }),
  'word-timestamps': Flags.boolean({helpGroup, description: 'Times and probabilities of words (CTC models too).'}),
  'prepend-punctuations': Flags.string({helpGroup, description: 'Punctuation that joins the word after it.'}),
  'append-punctuations': Flags.string({helpGroup, description: 'Punctuation that joins the word before it.'}),
  'clip-timestamps': numbersFlag({
    helpGroup,
    description: 'start,end,start,end,… in seconds: what to decode. Default: 0, to the end.',
  }),
  'hallucination-silence-threshold': numberOrNone({
    helpGroup,
    description: 'With --word-timestamps: skip silence longer than this (seconds) around a likely hallucination.',
  }),
  'top-k': numberOrNone({helpGroup, description: 'Sample from the k most probable tokens.'}),
  'top-p': numberOrNone({helpGroup, description: 'Sample from the most probable tokens that make up this mass.'}),
  'repetition-penalty': numberFlag({helpGroup, description: 'Above 1: tokens that occurred get less probable.'}),
  'no-repeat-ngram-size': numberFlag({helpGroup, description: 'No sequence of so many tokens occurs twice.'}),
  'max-length': numberOrNone({helpGroup, description: 'Tokens of a window, prompt included.'}),
  seed: numberFlag({helpGroup, description: 'Of sampling. The same seed gives the same text. Default: 0.'}),
}

interface WhisperFlagValues extends Readonly<Record<string, unknown>> {
  readonly language?: string | undefined
  readonly temperature?: number | undefined
  readonly 'temperature-increment-on-fallback'?: number | null | undefined
}

/** Flags whose option has another name or form. */
const RENAMED: Readonly<Record<string, string>> = {
  'max-initial-timestamp': 'maxInitialTimestampSeconds',
  'clip-timestamps': 'clipTimestampsSeconds',
  'hallucination-silence-threshold': 'hallucinationSilenceThresholdSeconds',
}
const DERIVED = new Set(['temperature', 'temperature-increment-on-fallback', 'language'])

/** The options (`WhisperOptions`) of the flags that were given; those that were not keep their defaults. */
export function whisperOptions(flags: WhisperFlagValues, parseLanguage: (text: string) => string) {
  const options: Record<string, unknown> = {}
  for (const name of Object.keys(whisperFlags)) {
    if (flags[name] === undefined || DERIVED.has(name)) continue
    options[RENAMED[name] ?? toCamelCase(name)] = flags[name]
  }
  if (flags.language !== undefined && !/^(auto|none)$/i.test(flags.language))
    options.language = parseLanguage(flags.language)
  const {temperature, 'temperature-increment-on-fallback': increment} = flags
  if (temperature !== undefined || increment !== undefined)
    options.temperatures = temperatureLadder(temperature ?? 0, increment === undefined ? 0.2 : increment)
  return options
}

/** From the first temperature to 1 in equal steps (numpy's `arange(first, 1 + 1e-6, step)`). */
function temperatureLadder(first: number, increment: number | null): number[] {
  if (increment === null || increment <= 0) return [first]
  const steps = Math.max(1, Math.ceil((1 + 1e-6 - first) / increment))
  // 0.1 + 2 × 0.1 is 0.30000000000000004; nobody means that.
  return Array.from({length: steps}, (_, step) => Number((first + step * increment).toFixed(6)))
}

export const toCamelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
