import type {Equivalent} from './equivalents.js'

const PAIR = -1
const DELETION = -2
const INSERTION = -3
/** More than the equivalents that a path can have, so that they are only taken where they save an error. */
const ERROR = 1 << 16

/** The equivalents on the best path through a pair, first to last; none where they save no error. */
export function tolerantPath(
  reference: readonly string[],
  hypothesis: readonly string[],
  equivalents: readonly Equivalent[],
): Equivalent[] {
  const width = hypothesis.length + 1
  const steps = computeSteps(reference, hypothesis, equivalentsByEnd(equivalents, width), equivalents)
  const path: Equivalent[] = []
  let i = reference.length
  let j = hypothesis.length
  while (i > 0 || j > 0) {
    const step = steps[i * width + j] as number
    const equivalent = equivalents[step]
    if (equivalent !== undefined) {
      path.push(equivalent)
      i = equivalent.reference
      j = equivalent.hypothesis
    } else {
      if (step !== INSERTION) i--
      if (step !== DELETION) j--
    }
  }
  return path.reverse()
}

function equivalentsByEnd(equivalents: readonly Equivalent[], width: number): ReadonlyMap<number, number[]> {
  const ends = new Map<number, number[]>()
  for (const [index, {reference, referenceWords, hypothesis, hypothesisWords}] of equivalents.entries()) {
    const end = (reference + referenceWords) * width + hypothesis + hypothesisWords
    const list = ends.get(end)
    if (list === undefined) ends.set(end, [index])
    else list.push(index)
  }
  return ends
}

/** For each cell how it is best reached: one of the three ordinary steps, or the index of an equivalent. */
function computeSteps(
  reference: readonly string[],
  hypothesis: readonly string[],
  ends: ReadonlyMap<number, readonly number[]>,
  equivalents: readonly Equivalent[],
): Int32Array {
  const width = hypothesis.length + 1
  const costs = new Float64Array((reference.length + 1) * width)
  const steps = new Int32Array(costs.length)
  for (let i = 0; i <= reference.length; i++) {
    for (let j = 0; j <= hypothesis.length; j++) {
      const at = i * width + j
      let cost = at === 0 ? 0 : Number.POSITIVE_INFINITY
      let step = PAIR
      const consider = (newCost: number, newStep: number) => {
        if (newCost >= cost) return
        cost = newCost
        step = newStep
      }
      if (i > 0 && j > 0) {
        consider((costs[at - width - 1] as number) + (reference[i - 1] === hypothesis[j - 1] ? 0 : ERROR), PAIR)
      }
      if (i > 0) consider((costs[at - width] as number) + ERROR, DELETION)
      if (j > 0) consider((costs[at - 1] as number) + ERROR, INSERTION)
      for (const index of ends.get(at) ?? []) {
        const equivalent = equivalents[index]
        if (equivalent === undefined) continue
        consider((costs[equivalent.reference * width + equivalent.hypothesis] as number) + 1, index)
      }
      costs[at] = cost
      steps[at] = step
    }
  }
  return steps
}
