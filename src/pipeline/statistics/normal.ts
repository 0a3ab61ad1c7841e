import {invertFalling} from './invert.js'

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/** P(Z > x) of the standard normal distribution, exact to about 1e-14 of its value also far out. */
export function normalSurvival(x: number): number {
  if (Number.isNaN(x)) return Number.NaN
  if (x < 0) return 1 - normalSurvival(-x)
  return x < 2 ? 0.5 - density(x) * centralSeries(x) : density(x) * millsRatio(x)
}

/** P(Z ≤ x) of the standard normal distribution. */
export const normalCdf = (x: number): number => normalSurvival(-x)

/** x + x³/3 + x⁵/(3·5) + … (G. Marsaglia, Evaluating the Normal Distribution, 2004). */
function centralSeries(x: number): number {
  let [sum, term] = [x, x]
  for (let odd = 3; ; odd += 2) {
    term *= (x * x) / odd
    if (sum + term === sum) return sum
    sum += term
  }
}

/** 1/(x + 1/(x + 2/(x + 3/(x + …)))) (Laplace), from below; for x ≥ 2 that many levels give every digit. */
function millsRatio(x: number): number {
  let fraction = x
  for (let level = 120; level > 0; level--) fraction = x + level / fraction
  return 1 / fraction
}

/** The x with P(Z ≤ x) = p; ±Infinity at 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN
  if (p === 0) return Number.NEGATIVE_INFINITY
  if (p === 1) return Number.POSITIVE_INFINITY
  return p < 0.5 ? -upperPoint(p) : upperPoint(1 - p)
}

const upperPoint = (tail: number): number => (tail === 0.5 ? 0 : invertFalling(normalSurvival, tail, 0, 40))
