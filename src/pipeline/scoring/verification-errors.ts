/** Scores of trials, each of two recordings: how much they sound like one speaker. */
export interface Trials {
  /** Of two recordings of one speaker. */
  readonly targets: readonly number[]
  /** Of recordings of two speakers. */
  readonly impostors: readonly number[]
}

/** What is wrong with decisions at one threshold. */
interface OperatingPoint {
  /** Share of targets below the threshold. */
  readonly misses: number
  /** Share of impostors at or above it. */
  readonly falseAlarms: number
}

/**
 * The share of errors where misses and false alarms are equally frequent, between two thresholds linearly interpolated (on
 * the line of the ROC curve). NaN without targets or without impostors.
 */
export function equalErrorRate(trials: Trials): number {
  let before: OperatingPoint | undefined
  for (const point of operatingPoints(trials)) {
    const {misses, falseAlarms} = point
    if (falseAlarms >= misses) {
      if (before === undefined) return falseAlarms
      const [gap, rest] = [before.misses - before.falseAlarms, falseAlarms - misses]
      return before.falseAlarms + ((falseAlarms - before.falseAlarms) * gap) / (gap + rest)
    }
    before = point
  }
  return Number.NaN
}

/**
 * The least detection cost over all thresholds, both kinds of errors costing 1, as a share of what the better of the two
 * blind decisions costs (NIST SRE evaluation plans). NaN without targets or without impostors.
 *
 * @param prior how probable targets are where the system is used
 */
export function minimumDetectionCost(trials: Trials, prior: number): number {
  let least = Number.NaN
  for (const {misses, falseAlarms} of operatingPoints(trials)) {
    const cost = prior * misses + (1 - prior) * falseAlarms
    if (!(cost >= least)) least = cost
  }
  return least / Math.min(prior, 1 - prior)
}

/** From a threshold above all scores down to the least score: misses fall, false alarms rise. */
function* operatingPoints({targets, impostors}: Trials): Generator<OperatingPoint> {
  if (targets.length === 0 || impostors.length === 0) return
  const scores = [
    ...targets.map(score => ({score, target: true})),
    ...impostors.map(score => ({score, target: false})),
  ].sort((a, b) => b.score - a.score)
  let [accepted, alarms] = [0, 0]
  const point = () => ({misses: 1 - accepted / targets.length, falseAlarms: alarms / impostors.length})
  yield point()
  for (const [index, {score, target}] of scores.entries()) {
    if (target) accepted++
    else alarms++
    if (scores[index + 1]?.score !== score) yield point()
  }
}
