import type {BackoffModel} from './backoff-model.js'
import {concatenate} from './concatenate.js'
import type {NgramWords} from './score-ngrams.js'
import type {SharedWords} from './share-words.js'
import {sortedPlaces} from './sort-levels.js'

/** The n-grams that at least one of some models has, each once, in the order of a {@link BackoffModel}. */
export function uniteNgrams(models: readonly BackoffModel[], {words, numbers}: SharedWords): NgramWords[] {
  const united: NgramWords[] = [{words: Uint32Array.from({length: words.size}).map((_, word) => word), contexts: EMPTY}]
  const order = Math.max(...models.map(({levels}) => levels.length))
  let places = numbers
  for (let index = 1; index < order; index++) {
    const parts = models.map(({levels}, model): NgramWords => {
      const {words, contexts} = levels[index] ?? {words: EMPTY, contexts: EMPTY}
      return {words: picked(numbers[model] ?? EMPTY, words), contexts: picked(places[model] ?? EMPTY, contexts)}
    })
    const merged = merge(parts)
    united.push(merged.level)
    places = merged.places
  }
  return united
}

const EMPTY = new Uint32Array(0)

const picked = (from: Uint32Array, places: Uint32Array): Uint32Array => places.map(place => from[place] as number)

/** @returns the distinct n-grams of an order, and for each part where its own have gone */
function merge(parts: readonly NgramWords[]): {level: NgramWords; places: Uint32Array[]} {
  const words = concatenate(parts.map(part => part.words))
  const contexts = concatenate(parts.map(part => part.contexts))
  const sorted = sortedPlaces({words, contexts})
  const places = new Uint32Array(sorted.length)
  const kept = new Uint32Array(sorted.length)
  let count = 0
  for (const ngram of sorted) {
    const last = kept[count - 1] ?? ngram
    const isNew = count === 0 || words[last] !== words[ngram] || contexts[last] !== contexts[ngram]
    if (isNew) kept[count++] = ngram
    places[ngram] = count - 1
  }
  const distinct = kept.subarray(0, count)
  let start = 0
  return {
    level: {words: picked(words, distinct), contexts: picked(contexts, distinct)},
    places: parts.map(part => {
      const own = places.subarray(start, start + part.words.length)
      start += own.length
      return own
    }),
  }
}
