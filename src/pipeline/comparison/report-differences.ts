import {isDeepStrictEqual} from 'node:util'
import type {EvaluationReport} from '../evaluation/evaluation-report.js'

type Asked = Pick<EvaluationReport, 'dataset' | 'normalizer' | 'scoring'>

/**
 * Why the numbers of two runs cannot be compared: a sentence for each thing in which they were not asked the same. None
 * where they can.
 */
export function reportDifferences(first: Asked, second: Asked): string[] {
  return [
    ...(first.dataset.hash === second.dataset.hash
      ? []
      : [differ('data set', describeDataset(first.dataset), describeDataset(second.dataset))]),
    ...(isDeepStrictEqual(plain(first.dataset.subset), plain(second.dataset.subset))
      ? []
      : [differ('subset', describeSubset(first.dataset.subset), describeSubset(second.dataset.subset))]),
    ...(first.normalizer.hash === second.normalizer.hash
      ? []
      : [differ('normalizer', describeNormalizer(first.normalizer), describeNormalizer(second.normalizer))]),
    ...scoringDifferences(first.scoring, second.scoring),
  ]
}

const differ = (what: string, first: string, second: string): string => `the ${what} is ${second}, not ${first}`

const shortHash = (hash: string): string => hash.slice(0, 12)

const describeDataset = ({name, hash}: Asked['dataset']): string => `${name} (${shortHash(hash)})`

const describeNormalizer = ({name, hash}: Asked['normalizer']): string => `${name} (${shortHash(hash)})`

const describeSubset = (subset: Asked['dataset']['subset']): string =>
  subset === null ? 'all utterances' : `${subset.utterances} of ${subset.of} utterances with seed ${subset.seed}`

function scoringDifferences(first: Asked['scoring'], second: Asked['scoring']): string[] {
  const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort()
  return keys
    .filter(key => !isDeepStrictEqual(plain(first[key]), plain(second[key])))
    .map(key => differ(`scoring option ${key}`, shown(first[key]), shown(second[key])))
}

const shown = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value))

/** What is left of a value in JSON: a report that was just made is compared with one that was read. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

/**
 * Where two runs were not made by the same machine, what differs: their speeds cannot be compared then. The device of a
 * machine that ran the model is no difference, but a choice like that of the model.
 */
export function machineDifference(
  first: EvaluationReport['environment'],
  second: EvaluationReport['environment'],
): string | undefined {
  const keys = ['cpu', 'cores', 'gpu'] as const
  const differences = keys
    .filter(key => first[key] !== second[key])
    .map(key => `${key} ${second[key] ?? 'none'}, not ${first[key] ?? 'none'}`)
  return differences.length === 0 ? undefined : differences.join('; ')
}
