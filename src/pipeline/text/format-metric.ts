import {formatPercent} from './format-percent.js'

interface MetricName {
  readonly short: string
  readonly title: string
}

/** Measures that are shares of 1, by the last part of their name. */
const RATES: Readonly<Record<string, MetricName>> = {
  wer: {short: 'WER', title: 'WER, word error rate'},
  cer: {short: 'CER', title: 'CER, character error rate'},
  per: {short: 'PER', title: 'PER, phone error rate'},
  ter: {short: 'TER', title: 'TER, token error rate'},
  mer: {short: 'MER', title: 'MER, match error rate'},
  wil: {short: 'WIL', title: 'WIL, word information lost'},
  eer: {short: 'EER', title: 'EER, equal error rate'},
  accuracy: {short: 'Accuracy', title: 'Accuracy'},
  token_accuracy: {short: 'Tokens right', title: 'Token accuracy'},
  word_accuracy: {short: 'Words right', title: 'Word accuracy'},
  sentence_accuracy: {short: 'Sentences right', title: 'Sentence accuracy'},
  f1: {short: 'F1', title: 'F1, mean of the classes'},
  uar: {short: 'UAR', title: 'UAR, mean recall of the classes'},
}

const rateOf = (metric: string): MetricName | undefined => {
  const name = metric.slice(metric.lastIndexOf('/') + 1)
  return Object.hasOwn(RATES, name) ? RATES[name] : undefined
}

export const isRate = (metric: string): boolean => rateOf(metric) !== undefined

/** `WER`; of `phones/per`, `phones PER`. A measure that is not known keeps its name. Safe to be shown anywhere. */
export const metricTitle = (metric: string): string => named(metric, 'short')

/** `WER, word error rate`, the same way. */
export const metricLongTitle = (metric: string): string => named(metric, 'title')

function named(metric: string, form: keyof MetricName): string {
  if (metric === 'loss') return 'Loss'
  const name = rateOf(metric)
  return plain(name === undefined ? metric : [...metric.split('/').slice(0, -1), name[form]].join(' '))
}

const LONGEST = 60 // characters of a title

/** Some of those who show a title would obey other characters: a terminal, and the charts, for which it is a formula. */
const plain = (title: string): string => title.replaceAll(/[^\w ,./%+-]/g, '_').slice(0, LONGEST)

/** A share in percent, any other measure with four digits; `n/a` for none. */
export function formatMetric(metric: string, value: number | null | undefined): string {
  if (value === null || value === undefined) return 'n/a'
  return isRate(metric) ? formatPercent(value) : formatNumber(value)
}

/** Four digits: `0.1235`, `78.23`, `1.000e-7`; `0`. */
export const formatNumber = (value: number): string => (value === 0 ? '0' : value.toPrecision(4))
