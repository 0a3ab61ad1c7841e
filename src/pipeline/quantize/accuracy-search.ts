import {LinguluError} from '../errors.js'

/** What is asked of a candidate. Rates are shares of 1. */
export interface Evaluated {
  /** Word error rate; null where there were no words to recognise. */
  readonly wer: number | null
}

export interface AccuracySearchOptions<Candidate extends Evaluated> {
  /** Groups of nodes, as many as could be kept in float. */
  readonly groups: number
  /** Word error rate of the model before. */
  readonly baseline: number | null
  /** How much the word error rate may rise, as a share of 1: 0.002 is 0.2 percentage points. */
  readonly budget: number
  /** Measures the model with its `kept` most sensitive groups in float. It is asked once for each number. */
  readonly evaluate: (kept: number) => Promise<Candidate>
  /** Hears of each candidate as soon as it is measured, and is waited for. */
  readonly onCandidate?: ((tried: TriedCandidate<Candidate>) => void | Promise<void>) | undefined
}

export interface TriedCandidate<Candidate extends Evaluated> {
  readonly kept: number
  /** Rise of the word error rate, a share of 1. */
  readonly increase: number | null
  readonly holds: boolean
  readonly candidate: Candidate
}

export interface AccuracySearchResult<Candidate extends Evaluated> {
  /** The one with the fewest groups kept that holds. It has been measured. */
  readonly best: TriedCandidate<Candidate>
  /** All that were measured, in that order. */
  readonly tried: readonly TriedCandidate<Candidate>[]
  /** Whether errors never rose when more was kept, which bisection takes for granted. */
  readonly isMonotone: boolean
}

/**
 * Finds how few of the most sensitive groups must stay in float for the word error rate to stay within a budget. None is
 * tried first, then the number is bisected: log2(groups) + 2 candidates at most. What is chosen has itself been measured,
 * and so has its neighbour that keeps one group less, which does not hold. Where errors do not fall steadily with what is
 * kept, a smaller number between others that do not hold may be missed. Pure but for `evaluate`.
 *
 * @throws LinguluError GATE_FAILED if the baseline has no word error rate, and if the budget does not even hold with
 *   everything in float; what `evaluate` throws. RangeError for a budget that is no number from 0 on.
 */
export async function searchAccuracy<Candidate extends Evaluated>({
  groups,
  baseline,
  budget,
  evaluate,
  onCandidate,
}: AccuracySearchOptions<Candidate>): Promise<AccuracySearchResult<Candidate>> {
  if (!(budget >= 0)) throw new RangeError(`a budget of ${budget}`)
  if (baseline === null || !Number.isFinite(baseline)) throw noBaseline()
  const tried: TriedCandidate<Candidate>[] = []
  const measure = async (kept: number): Promise<TriedCandidate<Candidate>> => {
    const candidate = await evaluate(kept)
    const increase = candidate.wer === null ? null : candidate.wer - baseline
    const measured = {kept, increase, holds: increase !== null && isWithin(increase, budget), candidate}
    tried.push(measured)
    await onCandidate?.(measured)
    return measured
  }
  const best = await bisect(groups, measure)
  if (best === undefined) throw nothingHolds(tried, budget)
  return {best, tried, isMonotone: isMonotone(tried)}
}

type Measure<Candidate extends Evaluated> = (kept: number) => Promise<TriedCandidate<Candidate>>

async function bisect<Candidate extends Evaluated>(
  groups: number,
  measure: Measure<Candidate>,
): Promise<TriedCandidate<Candidate> | undefined> {
  const none = await measure(0)
  if (none.holds || groups === 0) return none.holds ? none : undefined
  let best: TriedCandidate<Candidate> | undefined
  // What holds lies in (fails, holds]; that all of them hold is taken for granted until nothing less does.
  let fails = 0
  let holds = groups
  while (holds - fails > 1) {
    const middle = await measure(Math.floor((fails + holds) / 2))
    if (middle.holds) {
      best = middle
      holds = middle.kept
    } else fails = middle.kept
  }
  if (best !== undefined) return best
  const all = await measure(groups)
  return all.holds ? all : undefined
}

/** Rates are quotients of whole numbers: a difference that is the budget exactly must not fail for a rounding. */
const ROUNDING = 1e-9

const isWithin = (increase: number, budget: number): boolean => increase <= budget + ROUNDING

function isMonotone(tried: readonly TriedCandidate<Evaluated>[]): boolean {
  const ordered = [...tried].sort((a, b) => a.kept - b.kept).flatMap(({increase}) => increase ?? [])
  return ordered.every((increase, index) => index === 0 || increase <= (ordered[index - 1] ?? 0) + ROUNDING)
}

function noBaseline(): LinguluError {
  return new LinguluError('GATE_FAILED', 'The model before quantization has no word error rate on this data.', {
    hint: 'Give data with references that the model can recognise.',
  })
}

function nothingHolds(tried: readonly TriedCandidate<Evaluated>[], budget: number): LinguluError {
  const last = tried.at(-1)
  const points = (rate: number | null | undefined) => (rate == null ? 'no rate' : `${(rate * 100).toFixed(2)} points`)
  return new LinguluError(
    'GATE_FAILED',
    `Even with all ${last?.kept ?? 0} groups in float the word error rate rises by ${points(last?.increase)}, more than ${points(budget)}.`,
    {
      hint: 'Without any quantization a rise can only be noise, of the device or of sampling: give more data, a larger budget, or decode without temperatures.',
    },
  )
}
