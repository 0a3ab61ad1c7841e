import type {Utterance} from '../../../src/pipeline/datasets/utterance.js'
import type {SelectedDataset} from '../../../src/pipeline/evaluation/select-dataset.js'

export const utterance = (id: string, overrides: Partial<Utterance> = {}): Utterance => ({
  id,
  audio: `/recordings/${id}.wav`,
  clip: undefined,
  channel: undefined,
  text: `words of ${id}`,
  speaker: undefined,
  language: undefined,
  durationSeconds: 2,
  columns: {},
  place: {file: '/set.csv', line: 2},
  ...overrides,
})

/** A data set of these utterances, or a sample of it. */
export function selected(all: readonly Utterance[], sample: readonly Utterance[] = all): SelectedDataset {
  const subset = sample.length < all.length ? {utterances: sample.length, seed: 1, of: all.length} : null
  return {
    name: 'set',
    path: '/set.csv',
    layout: 'table',
    utterances: sample,
    problems: [],
    hash: 'hash of the set',
    subset,
    warnings: [],
    all,
  }
}
