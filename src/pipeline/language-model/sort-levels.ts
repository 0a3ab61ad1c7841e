import {WordTable} from '../decoding/ctc/word-table.js'
import type {BackoffModel, NgramLevel} from './backoff-model.js'
import {concatenate} from './concatenate.js'
import {radixOrder} from './radix-order.js'

/**
 * Numbers the words anew, `<unk>`, `<s>` and `</s>` first, then the likeliest, and sorts the n-grams of every order.
 *
 * @param model its levels in any order; `contexts` are places in the level below
 */
export function sortLevels(model: BackoffModel): BackoffModel {
  const {words, unknown, sentenceStart, sentenceEnd} = model
  const marks = Uint32Array.of(unknown, sentenceStart, sentenceEnd)
  const {log10} = model.levels[0] as NgramLevel
  const others = Uint32Array.from(log10.keys())
    .filter(word => !marks.includes(word))
    .sort((a, b) => (log10[b] as number) - (log10[a] as number) || a - b)
  const order = concatenate([marks, others])
  const sorted = new WordTable()
  for (const word of order) sorted.add(words.bytes(word))
  let places = inverse(order)
  const numbers = places
  const levels = model.levels.map((level, index): NgramLevel => {
    const contexts = level.contexts.map(context => places[context] as number)
    const renumbered = {...level, words: level.words.map(word => numbers[word] as number), contexts}
    const from = index === 0 ? order : sortedPlaces(renumbered)
    places = inverse(from)
    return picked(renumbered, from)
  })
  return {words: sorted, levels, unknown: 0, sentenceStart: 1, sentenceEnd: 2}
}

/** Places of the n-grams of an order, sorted by context, then by word. */
export function sortedPlaces({words, contexts}: Pick<NgramLevel, 'words' | 'contexts'>): Uint32Array {
  const order = Uint32Array.from(words.keys())
  const highest = Math.max(highestOf(words), highestOf(contexts))
  radixOrder(order, 2, highest, (key, items, into) => {
    const values = key === 0 ? contexts : words
    for (let i = 0; i < items.length; i++) into[i] = values[items[i] as number] as number
  })
  return order
}

const highestOf = (values: Uint32Array): number => values.reduce((highest, value) => Math.max(highest, value), 0)

function inverse(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length)
  for (let i = 0; i < order.length; i++) places[order[i] as number] = i
  return places
}

function picked({words, contexts, log10, backoffs}: NgramLevel, from: Uint32Array): NgramLevel {
  return {
    words: from.map(place => words[place] as number),
    contexts: contexts.length === 0 ? contexts : from.map(place => contexts[place] as number),
    log10: Float32Array.from(from, place => log10[place] as number),
    backoffs: backoffs.length === 0 ? backoffs : Float32Array.from(from, place => backoffs[place] as number),
  }
}
