import type {EvaluationReport} from '../evaluation/evaluation-report.js'
import type {UtteranceScore} from './utterance-score.js'

type ErrorLists = EvaluationReport['errors']

/**
 * The most frequent errors: which word was taken for which, and which words were substituted, left out and put in. At most
 * `limit` of each, the most frequent first, words of the same count in the order of their code points.
 */
export function errorListsOf(scores: readonly Pick<UtteranceScore, 'words'>[], limit: number): ErrorLists {
  const confusions = new Map<string, Map<string, number>>()
  const substituted = new Map<string, number>()
  const deleted = new Map<string, number>()
  const inserted = new Map<string, number>()
  for (const {words} of scores) {
    let i = 0
    let j = 0
    for (const operation of words.operations) {
      const word = operation === 'I' ? '' : (words.reference[i++] ?? '')
      const heard = operation === 'D' ? '' : (words.hypothesis[j++] ?? '')
      if (operation === 'D') add(deleted, word)
      else if (operation === 'I') add(inserted, heard)
      else if (operation === 'S') {
        add(substituted, word)
        const taken = confusions.get(word) ?? new Map<string, number>()
        confusions.set(word, add(taken, heard))
      }
    }
  }
  return {
    confusions: pairsOf(confusions, limit),
    substituted: mostFrequent(substituted, limit),
    deleted: mostFrequent(deleted, limit),
    inserted: mostFrequent(inserted, limit),
  }
}

function add(counts: Map<string, number>, word: string): Map<string, number> {
  return counts.set(word, (counts.get(word) ?? 0) + 1)
}

function mostFrequent(counts: ReadonlyMap<string, number>, limit: number): {word: string; count: number}[] {
  return [...counts]
    .map(([word, count]) => ({word, count}))
    .sort((a, b) => b.count - a.count || compare(a.word, b.word))
    .slice(0, limit)
}

function pairsOf(
  confusions: ReadonlyMap<string, ReadonlyMap<string, number>>,
  limit: number,
): ErrorLists['confusions'] {
  return [...confusions]
    .flatMap(([reference, taken]) => [...taken].map(([hypothesis, count]) => ({reference, hypothesis, count})))
    .sort((a, b) => b.count - a.count || compare(a.reference, b.reference) || compare(a.hypothesis, b.hypothesis))
    .slice(0, limit)
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
