import {basename} from 'node:path'
import type {ReportFacts} from './build-report.js'
import {gatherEnvironment} from './environment.js'
import type {EvaluationReport} from './evaluation-report.js'
import type {Hypotheses} from './hypotheses.js'
import type {Scoring} from './scoring-options.js'
import type {SelectedDataset} from './select-dataset.js'

/** The data set as a report tells of it. */
export const datasetRecord = ({
  name,
  layout,
  hash,
  subset,
  warnings,
}: SelectedDataset): EvaluationReport['dataset'] => ({
  name,
  layout,
  hash,
  subset,
  warnings: [...warnings],
})

export interface NameOptions {
  readonly name?: string | undefined
  readonly from?: string | undefined
  readonly command?: string | undefined
}

/** What a report says besides the numbers. */
export async function gatherFacts(
  {name, from, command}: NameOptions,
  dataset: SelectedDataset,
  {
    hypotheses,
    scoring,
    startedAt,
  }: {readonly hypotheses: Hypotheses; readonly scoring: Scoring; readonly startedAt: string},
): Promise<ReportFacts> {
  const {texts, model, options, wallSeconds} = hypotheses
  const recordings = dataset.utterances.flatMap(({id}) => {
    const hypothesis = texts.get(id)
    return hypothesis === undefined ? [] : [{id, ...hypothesis}]
  })
  return {
    name: name ?? `${model?.name ?? basename(from ?? '')} on ${dataset.name}`,
    failures: recordings.flatMap(({id, ...found}) => (found.status === 'failed' ? [{id, error: found.error}] : [])),
    missing: dataset.utterances.length - recordings.length,
    wallSeconds,
    normalizer: scoring.normalizer,
    scoring: scoring.scoring,
    model,
    options,
    dataset: datasetRecord(dataset),
    environment: await gatherEnvironment(model?.provider ?? null),
    command: command ?? 'evaluate() of the library',
    startedAt: hypotheses.startedAt ?? startedAt,
    finishedAt: new Date().toISOString(),
    warnings: [
      ...hypotheses.warnings,
      ...recordings.flatMap(({id, ...found}) =>
        found.status === 'ok' ? (found.warnings ?? []).map(warning => `${id}: ${warning}`) : [],
      ),
    ],
  }
}
