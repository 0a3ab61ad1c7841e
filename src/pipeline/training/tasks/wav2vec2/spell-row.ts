import type {Wav2Vec2Config} from '../../../export/wav2vec2/config.js'
import type {TrainingItem} from '../training-task.js'
import {countFrames} from './feature-encoder.js'
import type {Units} from './vocabulary.js'

const SAMPLE_RATE = 16_000 // Hz

/** The tokens of a row, one recording after the other; undefined if one of them cannot be spelled. */
export function spellRow(items: readonly TrainingItem[], {encode, between}: Units): readonly number[] | undefined {
  const spelled: number[] = []
  for (const item of items) {
    const spelling = encode(item)
    if ('problem' in spelling) return undefined
    if (spelled.length > 0) spelled.push(...between)
    spelled.push(...spelling.ids)
  }
  return spelled
}

/** Why a recording cannot be learnt from: a clause; undefined if it can. */
export function refusal(item: TrainingItem, units: Units, config: Wav2Vec2Config): string | undefined {
  const spelling = units.encode(item)
  if ('problem' in spelling) return spelling.problem
  const frames = countFrames(Math.round(item.seconds * SAMPLE_RATE), config)
  const needed = leastFrames(spelling.ids)
  return frames < needed ? `its ${units.kind} need ${needed} frames, it has ${frames}` : undefined
}

/** CTC's: one for each token, and a blank between equal neighbours. */
function leastFrames(ids: readonly number[]): number {
  return ids.length + ids.filter((id, index) => index > 0 && id === ids[index - 1]).length
}
