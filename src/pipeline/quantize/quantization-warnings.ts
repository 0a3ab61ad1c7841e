import type {QuantizationReport} from './quantization-report.js'

export interface WarnedFacts
  extends Pick<QuantizationReport, 'source' | 'candidate' | 'search' | 'sensitivity' | 'outputErrors'> {
  /** The smallest difference of WER that a paired test on this data would find, a share of 1. */
  readonly detectable?: number | undefined
}

/** What a reader must not overlook, a sentence each. */
export function quantizationWarnings(facts: WarnedFacts): string[] {
  return [
    ...sizeWarnings(facts),
    ...speedWarnings(facts),
    ...accuracyWarnings(facts),
    ...searchWarnings(facts),
    ...outputWarnings(facts),
  ]
}

function sizeWarnings({source, candidate}: WarnedFacts): string[] {
  if (candidate.bytes < source.bytes) return []
  return [`Not smaller: ${candidate.bytes} bytes, the source has ${source.bytes}.`]
}

function speedWarnings({source, candidate}: WarnedFacts): string[] {
  const slower = candidate.latencies.flatMap(({graph, pass, median}) => {
    const before = source.latencies.find(latency => latency.graph === graph)
    if (before === undefined || median < before.median) return []
    return [`Not faster: ${graph} (${pass}) takes ${(median / before.median).toFixed(2)} times as long.`]
  })
  if (source.speed === undefined || candidate.speed === undefined || candidate.speed.rtfx > source.speed.rtfx)
    return slower
  const rates = `RTFx ${candidate.speed.rtfx.toPrecision(3)}, the source has ${source.speed.rtfx.toPrecision(3)}`
  return [`Not faster: ${rates}.`, ...slower]
}

function accuracyWarnings({source, candidate, search, detectable}: WarnedFacts): string[] {
  const warnings: string[] = []
  for (const [who, {accuracy}] of [['source', source] as const, ['quantized model', candidate] as const])
    if (accuracy !== undefined && accuracy.failed > 0)
      warnings.push(`The ${who} failed on ${accuracy.failed} of ${accuracy.utterances} utterances, scored as empty.`)
  const {accuracy} = source
  if (accuracy === undefined || accuracy.words === 0) return warnings
  const word = 1 / accuracy.words
  if (search !== null && word > search.budget)
    warnings.push(
      `One word is ${points(word)} of WER on this data, more than the budget of ${points(search.budget)}: it allows no further error at all.`,
    )
  if (detectable !== undefined && detectable > (search?.budget ?? 0))
    warnings.push(`On this data a difference of WER below ${points(detectable)} may be chance.`)
  return warnings
}

function searchWarnings({search, sensitivity}: WarnedFacts): string[] {
  const silent = new Set(sensitivity.filter(({output}) => output === null).map(({graph}) => graph))
  return [
    ...(search !== null && !search.monotone
      ? ['Errors did not fall steadily with what was kept in float: fewer groups might do.']
      : []),
    ...[...silent].map(graph => `${graph} never ran on the recordings: the sensitivity of its layers is not known.`),
  ]
}

function outputWarnings({outputErrors}: WarnedFacts): string[] {
  return outputErrors.flatMap(({graph, output, notFinite}) =>
    notFinite > 0 ? [`${graph} gives ${notFinite} values of ${output} that are NaN or infinite.`] : [],
  )
}

const points = (share: number): string => `${(share * 100).toFixed(2)} points`
