import type {Example} from './training-task.js'

/** What a recording is, and what the model said. */
export interface Judgement {
  readonly id: string
  readonly reference: string
  readonly hypothesis: string
}

export interface ClassificationScores {
  /** Share of right answers. */
  readonly accuracy: number
  /** Mean over classes of the harmonic mean of precision and recall; classes that are neither there nor said are left out. */
  readonly f1: number
  /** Unweighted average recall: the mean over the classes that are there of the share recognised. */
  readonly uar: number
}

/** As scikit-learn's `accuracy_score`, `f1_score` (macro, `zero_division=0`) and `balanced_accuracy_score`. NaN of nothing. */
export function classificationScores(judgements: readonly Judgement[]): ClassificationScores {
  const references = countBy(judgements, ({reference}) => reference)
  const hypotheses = countBy(judgements, ({hypothesis}) => hypothesis)
  const hits = countBy(
    judgements.filter(({reference, hypothesis}) => reference === hypothesis),
    ({reference}) => reference,
  )
  const hit = (name: string) => hits.get(name) ?? 0
  const classes = [...new Set([...references.keys(), ...hypotheses.keys()])]
  const f1 = classes.map(name => (2 * hit(name)) / ((references.get(name) ?? 0) + (hypotheses.get(name) ?? 0)))
  const recalls = [...references].map(([name, count]) => hit(name) / count)
  return {accuracy: sum([...hits.values()]) / judgements.length, f1: mean(f1), uar: mean(recalls)}
}

/** Wrong answers first, those that are given for another class most often in front; else in the order given. */
export function confusionsFirst(judgements: readonly Judgement[]): readonly Example[] {
  const pair = ({reference, hypothesis}: Judgement) => JSON.stringify([reference, hypothesis])
  const counts = countBy(judgements, pair)
  const rank = (judgement: Judgement) =>
    judgement.reference === judgement.hypothesis ? 0 : (counts.get(pair(judgement)) ?? 0)
  return judgements.toSorted((a, b) => rank(b) - rank(a))
}

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length
