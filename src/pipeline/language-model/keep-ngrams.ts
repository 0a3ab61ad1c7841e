import type {BackoffModel, NgramLevel} from './backoff-model.js'

/**
 * A model with only some of its n-grams; backoff weights are not changed. What is a context of something that stays
 * must stay.
 *
 * @param keeps whether an n-gram stays: its level, and its place there
 */
export function keepNgrams(model: BackoffModel, keeps: (level: number, ngram: number) => boolean): BackoffModel {
  let places = new Uint32Array(0)
  const levels = model.levels.map((level, index): NgramLevel => {
    const below = places
    places = new Uint32Array(level.words.length)
    const kept = new Uint32Array(level.words.length)
    let count = 0
    for (let ngram = 0; ngram < kept.length; ngram++) {
      if (!keeps(index, ngram)) continue
      places[ngram] = count
      kept[count++] = ngram
    }
    if (count === kept.length && index === 0) return level
    return pick(level, kept.subarray(0, count), below)
  })
  return {...model, levels}
}

/** @param places of the contexts, in the level below as it is now */
function pick({words, contexts, log10, backoffs}: NgramLevel, kept: Uint32Array, places: Uint32Array): NgramLevel {
  return {
    words: kept.map(ngram => words[ngram] as number),
    contexts: contexts.length === 0 ? contexts : kept.map(ngram => places[contexts[ngram] as number] as number),
    log10: Float32Array.from(kept, ngram => log10[ngram] as number),
    backoffs: backoffs.length === 0 ? backoffs : Float32Array.from(kept, ngram => backoffs[ngram] as number),
  }
}
