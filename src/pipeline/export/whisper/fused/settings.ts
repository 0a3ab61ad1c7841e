import type {Value} from '../../../onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../../onnx/onnx-ml_pb.js'
import type {Operators} from './operators.js'

/** Beyond every index of a token. */
export const BEYOND = 2 ** 40

/** What the decoder is told about the search, and what follows from it for all steps. Of shape [] if nothing is said. */
export interface Settings {
  readonly group: Value
  readonly maxSteps: Value
  readonly exitAt: Value
  readonly wanted: Value
  readonly beam: Value
  readonly temperature: Value
  /** Whether the temperature is above 0. */
  readonly drawn: Value
  /** [rows of all windows, steps]. */
  readonly uniforms: Value
  readonly endOfText: Value
  readonly noSpeech: Value
  readonly timestampBegin: Value
  /** Whether the rules of timestamps hold. */
  readonly timed: Value
  /** The first timestamp; beyond all tokens where their rules do not hold. */
  readonly timestampFloor: Value
  /** Of the first token. */
  readonly largestTimestamp: Value
  /** [timestamps]: 0, 1, … */
  readonly timestamps: Value
  /** [vocabulary], with `<|notimestamps|>` where the rules of timestamps hold. */
  readonly suppressed: Value
  readonly suppressedFirst: Value
  readonly repetitionPenalty: Value
  readonly ngram: Value
  /** Whether rules hold that look at all tokens. */
  readonly remembering: Value
  /** [3]: sizes of the parts of the vocabulary. */
  readonly parts: Value
  /** Of each part, how many of its tokens may be candidates, [1]. */
  readonly candidates: readonly Value[]
  /** How many of all, [1]. */
  readonly candidateCount: Value
  readonly wantLogits: Value
  readonly wantAlignment: Value
}

export function settingsOf(main: Operators, vocabulary: number): Settings {
  const input = (name: string, type: DataType, ...shape: (number | string)[]) => main.graph.input(name, type, shape)
  const integer = (name: string) => input(name, DataType.INT64)
  const float = (name: string) => input(name, DataType.FLOAT)
  const truth = (name: string) => input(name, DataType.BOOL)
  const [group, maxSteps, exitAt] = [integer('group'), integer('max_steps'), integer('exit_at')]
  const suppress = input('suppress', DataType.FLOAT, vocabulary)
  const suppressedFirst = input('suppress_first', DataType.FLOAT, vocabulary)
  const timed = truth('timestamp_rules')
  const specials = main.split(input('special', DataType.INT64, 4), 0, main.integers(1, 1, 1, 1), 4)
  const [endOfText = '', noTimestamps = '', timestampBegin = '', noSpeech = ''] = specials.map(main.scalar)
  const largest = integer('max_initial_timestamp')
  const [repetitionPenalty, ngram] = [float('repetition_penalty'), integer('no_repeat_ngram')]
  const beam = truth('beam')
  const temperature = float('temperature')
  const beyond = main.integer(BEYOND)
  const count = main.integers(vocabulary)
  const [endOfTextAt = '', , timestampBeginAt = ''] = specials
  const parts = [endOfTextAt, main.subtract(timestampBeginAt, endOfTextAt), main.subtract(count, timestampBeginAt)]
  const banned = main.and(timed, main.equal(main.range(main.integer(vocabulary)), noTimestamps))
  const candidateCount = main.unsqueeze(main.where(beam, main.add(group, main.integer(1)), main.integer(1)), 0)
  return {
    group,
    maxSteps,
    exitAt,
    wanted: integer('wanted'),
    beam,
    temperature,
    drawn: main.greater(temperature, main.float(0)),
    uniforms: input('uniforms', DataType.FLOAT, 'next_rows', 'steps'),
    endOfText,
    noSpeech,
    timestampBegin,
    timed,
    timestampFloor: main.where(timed, timestampBegin, beyond),
    largestTimestamp: main.where(timed, largest, beyond),
    timestamps: main.range(main.scalar(parts[2] ?? '')),
    suppressed: main.where(banned, main.float(Number.NEGATIVE_INFINITY), suppress),
    suppressedFirst,
    repetitionPenalty,
    ngram,
    remembering: main.or(main.not(main.equal(repetitionPenalty, main.float(1))), main.greater(ngram, main.integer(0))),
    parts: main.concat(parts, 0),
    candidates: parts.map(part => main.least(part, candidateCount)),
    candidateCount: main.least(count, candidateCount),
    wantLogits: truth('want_logits'),
    wantAlignment: truth('want_alignment'),
  }
}
