/** Coefficients of Lanczos’s approximation for g = 7 and nine terms (P. Godfrey, 2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** The natural logarithm of Γ(x) for x ≥ 0.5. */
export function logGamma(x: number): number {
  const t = x + 6.5
  const sum = LANCZOS.reduce((sofar, coefficient, i) => sofar + (i === 0 ? coefficient : coefficient / (x - 1 + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The regularized incomplete beta function I_x(a, b), for a, b ≥ 0.5 and x in [0, 1]. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

const TINY = 1e-300

/** The continued fraction of the incomplete beta function, by Lentz's method (Numerical Recipes 6.4). */
function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  const step = (coefficient: number): number => {
    d = 1 / away(1 + coefficient * d)
    c = away(1 + coefficient / c)
    result *= c * d
    return c * d
  }
  for (let m = 1; m < 10_000; m++) {
    step((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)))
    const change = step((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)))
    if (Math.abs(change - 1) < 1e-16) break
  }
  return result
}

/** Keeps a denominator off 0. */
const away = (value: number): number => (Math.abs(value) < TINY ? TINY : value)
