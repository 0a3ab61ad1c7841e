import {seededRandom} from '../../decoding/random.js'
import type {Trials} from '../../scoring/verification-errors.js'

/** A recording as its speaker model hears it. */
export interface Voice {
  readonly speaker: string
  /** Of length 1. */
  readonly embedding: Float32Array
}

/**
 * Compares recordings by the cosine of their embeddings: all pairs, or, where these are more than `limit`, targets up to half
 * of it and impostors up to the rest, drawn by chance and the same each time.
 */
export function compareVoices(voices: readonly Voice[], limit: number): Trials {
  const {targets, impostors} = countPairs(voices)
  const wantedTargets = Math.min(targets, Math.max(Math.floor(limit / 2), limit - impostors))
  const pickTarget = createPicker(targets, wantedTargets, 'targets')
  const pickImpostor = createPicker(impostors, Math.min(impostors, limit - wantedTargets), 'impostors')
  const found: {readonly targets: number[]; readonly impostors: number[]} = {targets: [], impostors: []}
  for (const [index, voice] of voices.entries())
    for (let other = 0; other < index; other++) {
      const another = voices[other]
      if (another === undefined) continue
      const same = another.speaker === voice.speaker
      if (same ? pickTarget() : pickImpostor())
        (same ? found.targets : found.impostors).push(cosine(voice.embedding, another.embedding))
    }
  return found
}

function countPairs(voices: readonly Voice[]) {
  const counts = new Map<string, number>()
  for (const {speaker} of voices) counts.set(speaker, (counts.get(speaker) ?? 0) + 1)
  const targets = [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0)
  return {targets, impostors: (voices.length * (voices.length - 1)) / 2 - targets}
}

/** Says of each of `all` in turn whether it is one of the `wanted` (Fan, Muller, Rezucha, JASA 1962, selection sampling). */
function createPicker(all: number, wanted: number, name: string): () => boolean {
  const random = seededRandom('trials', name)
  let [left, needed] = [all, wanted]
  return () => {
    const picked = needed === left || random() * left < needed
    left--
    if (picked) needed--
    return picked
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += Number(a[at]) * Number(b[at])
  return sum
}
