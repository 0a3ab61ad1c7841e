import {LinguluError} from '../errors.js'
import type {AccuracyEvent} from './accuracy-events.js'
import {searchAccuracy, type TriedCandidate} from './accuracy-search.js'
import type {MeasuredModel} from './measure-model.js'
import type {GroupRecord, QuantizationReport, SensitivityRecord} from './quantization-report.js'

export interface BudgetSearchOptions {
  readonly baseline: MeasuredModel
  /** Where the baseline lies. */
  readonly source: string
  /** All groups that can be kept in float, most sensitive first. */
  readonly ranking: readonly SensitivityRecord[]
  /** How much the word error rate may rise, a share of 1. */
  readonly budget: number
  /** Makes the model with these groups in float and gives its folder. Never asked to keep all of them. */
  readonly quantize: (kept: readonly GroupRecord[]) => Promise<string>
  readonly measure: (folder: string, kept: number) => Promise<MeasuredModel>
  /** A folder that `quantize` gave is of no use any more. */
  readonly discard?: ((folder: string) => Promise<void>) | undefined
  readonly onEvent?: ((event: AccuracyEvent) => void) | undefined
}

export interface WithinBudget {
  /** As `quantize` gave it. */
  readonly folder: string
  readonly measured: MeasuredModel
  readonly search: NonNullable<QuantizationReport['search']>
}

interface Candidate {
  readonly wer: number | null
  readonly folder: string
  readonly measured: MeasuredModel
}

/**
 * Keeps as few of the most sensitive groups in float as the budget allows (`searchAccuracy`). With all of them in float
 * nothing is quantized: then the source itself is measured once more, which tells a budget that cannot be met from noise.
 *
 * @throws LinguluError GATE_FAILED if nothing can be quantized within the budget; what `quantize` and `measure` throw
 */
export async function searchWithinBudget(options: BudgetSearchOptions): Promise<WithinBudget> {
  const {baseline, source, ranking, budget, quantize, measure, discard, onEvent} = options
  const groups = ranking.length
  let best: Candidate | undefined
  const drop = async (folder: string | undefined) => {
    if (folder !== undefined && folder !== source) await discard?.(folder)
  }
  const outcome = await searchAccuracy<Candidate>({
    groups,
    baseline: baseline.measurement.accuracy?.wer ?? null,
    budget,
    evaluate: async kept => {
      const isSource = groups > 0 && kept === groups
      const folder = isSource ? source : await quantize(ranking.slice(0, kept).map(toGroup))
      const measured = await measure(folder, kept)
      return {wer: measured.measurement.accuracy?.wer ?? null, folder, measured}
    },
    onCandidate: async tried => {
      onEvent?.({type: 'candidate', groups, ...toCandidate(tried)})
      // Of those that hold the last is the best: bisection goes on below it.
      await drop(tried.holds ? best?.folder : tried.candidate.folder)
      if (tried.holds) best = tried.candidate
    },
  })
  const {kept, candidate} = outcome.best
  if (groups > 0 && kept === groups) throw nothingQuantized(budget)
  return {
    folder: candidate.folder,
    measured: candidate.measured,
    search: {
      budget,
      groups,
      candidates: outcome.tried.map(toCandidate),
      kept: ranking.slice(0, kept).map(toGroup),
      monotone: outcome.isMonotone,
    },
  }
}

const toGroup = ({graph, name, nodes}: SensitivityRecord): GroupRecord => ({graph, name, nodes})

function toCandidate({kept, increase, holds, candidate}: TriedCandidate<Candidate>) {
  const {bytes, speed} = candidate.measured.measurement
  return {kept, wer: candidate.wer, increase, holds, bytes, rtfx: speed?.rtfx ?? null}
}

function nothingQuantized(budget: number): LinguluError {
  const points = (budget * 100).toFixed(2)
  return new LinguluError(
    'GATE_FAILED',
    `Nothing can be quantized this way without the word error rate rising by more than ${points} points.`,
    {hint: 'Raise --max-wer-increase, or take a gentler method: int8-weights or float16.'},
  )
}
