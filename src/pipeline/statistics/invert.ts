/**
 * Where a falling function takes a value: bisection between `low` and `high`, to the last bit. Slow next to rational
 * approximations, and exact; quantiles are needed a few times a run.
 */
export function invertFalling(f: (x: number) => number, value: number, low: number, high: number): number {
  let [from, to] = [low, high]
  for (;;) {
    const middle = (from + to) / 2
    if (middle <= from || middle >= to) return middle
    if (f(middle) > value) from = middle
    else to = middle
  }
}
