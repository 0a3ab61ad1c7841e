import type {DatasetDescription, Distribution} from '../pipeline/datasets/describe-dataset.js'
import {formatTable} from './format-table.js'

const SHOWN_CHARACTERS = 60
const SHOWN_VALUES = 6

/** What a data set has, one fact a line, then its columns. */
export function formatDescription(description: DatasetDescription): string {
  const {utterances, utterancesOfKnownLength, seconds, words, vocabulary, emptyReferences, columns} = description
  const partly = utterancesOfKnownLength === utterances ? '' : ` (of ${count(utterancesOfKnownLength)} utterances)`
  const facts = [
    ['name', description.name],
    ['path', description.path],
    ['layout', description.layout],
    ['hash', description.hash],
    ['utterances', count(utterances)],
    ['recordings', count(description.recordings)],
    ['speakers', description.speakers === 0 ? 'not told' : count(description.speakers)],
    ['length', utterancesOfKnownLength === 0 ? 'not told' : `${duration(seconds)}${partly}`],
    ['  of an utterance', spread(description.secondsPerUtterance, ' s')],
    ['words', `${count(words)}, ${count(vocabulary)} different`],
    ['  in an utterance', spread(description.wordsPerUtterance, '')],
    ['characters per second', spread(description.charactersPerSecond, '')],
    ['empty references', emptyReferences === 0 ? '' : count(emptyReferences)],
    ['characters', charactersOf(description)],
    ...columns.map(({name, distinct, values}) => [
      name,
      `${count(distinct)} different: ${values
        .slice(0, SHOWN_VALUES)
        .map(({value, count: times}) => `${value} (${count(times)})`)
        .join(', ')}${distinct > SHOWN_VALUES ? ', …' : ''}`,
    ]),
  ]
  return formatTable(facts.filter(([, value]) => value !== ''))
}

const count = (value: number): string => value.toLocaleString('en')

/** `5 h 24 min`, `3 min 20 s`, `4.2 s`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function spread(distribution: Distribution | null, unit: string): string {
  if (distribution === null) return ''
  const {min, p10, p50, mean, p90, max} = distribution
  const number = (value: number) => `${Number(value.toFixed(value < 10 ? 2 : 1))}${unit}`
  return `mean ${number(mean)}, median ${number(p50)}, 10 to 90 % ${number(p10)} to ${number(p90)}, from ${number(min)} to ${number(max)}`
}

function charactersOf({characters}: DatasetDescription): string {
  const shown = characters.slice(0, SHOWN_CHARACTERS).map(({character}) => character)
  return `${shown.join('')}${characters.length > shown.length ? ` and ${characters.length - shown.length} more` : ''}`
}
