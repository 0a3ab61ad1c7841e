import type {Dataset, Utterance} from '../../../src/pipeline/datasets/utterance.js'

/** An utterance with what a test cares for. */
export function utterance(fields: Partial<Utterance> & {readonly id: string}): Utterance {
  return {
    audio: undefined,
    clip: undefined,
    channel: undefined,
    text: '',
    speaker: undefined,
    language: undefined,
    durationSeconds: undefined,
    columns: {},
    place: {file: '/set/list.csv', line: 1},
    ...fields,
  }
}

export function dataset(utterances: readonly Utterance[], problems: Dataset['problems'] = []): Dataset {
  return {name: 'set', path: '/set', layout: 'table', utterances, problems, hash: ''}
}
