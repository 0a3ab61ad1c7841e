import {gatherEnvironment} from '../evaluation/environment.js'
import {usableCores} from '../runtime/cores.js'
import type {MeasuredModel} from './measure-model.js'
import type {MeasureQuantizationOptions} from './measure-quantization.js'
import type {QuantizationReport} from './quantization-report.js'
import {quantizationWarnings} from './quantization-warnings.js'

/** What was measured. */
export interface ReportParts extends Pick<QuantizationReport, 'search' | 'outputErrors' | 'sensitivity' | 'startedAt'> {
  readonly baseline: MeasuredModel
  /** The model that is kept. */
  readonly measured: MeasuredModel
}

export async function buildQuantizationReport(
  {baseline, measured, search, outputErrors, sensitivity, startedAt}: ReportParts,
  {name, options, feeds, threads = usableCores()}: MeasureQuantizationOptions,
): Promise<QuantizationReport> {
  const {evaluation} = baseline
  const {provider} = measured
  const facts = {
    source: baseline.measurement,
    candidate: measured.measurement,
    search,
    sensitivity,
    outputErrors,
  }
  return {
    type: 'quantization',
    schema: 1,
    name: name ?? baseline.measurement.name,
    options,
    ...facts,
    calibration: feeds === undefined ? null : {recordings: feeds.recordings, graphs: feeds.graphs.map(withoutPath)},
    dataset: evaluation?.dataset ?? null,
    normalizer: evaluation?.normalizer ?? null,
    scoring: evaluation?.scoring ?? null,
    decoding: evaluation?.options ?? null,
    device: {provider, threads},
    environment: await gatherEnvironment(provider),
    startedAt,
    finishedAt: new Date().toISOString(),
    warnings: [
      ...(feeds?.warnings ?? []),
      ...quantizationWarnings({...facts, detectable: evaluation?.detectable?.wer}),
    ],
  }
}

const withoutPath = ({graph, samples, bytes}: NonNullable<MeasureQuantizationOptions['feeds']>['graphs'][number]) => ({
  graph,
  samples,
  bytes,
})
