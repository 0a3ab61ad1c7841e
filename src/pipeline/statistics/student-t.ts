import {incompleteBeta} from './incomplete-beta.js'
import {invertFalling} from './invert.js'

/** P(T > t) of Student's t distribution. */
export function studentTSurvival(t: number, degreesOfFreedom: number): number {
  if (t < 0) return 1 - studentTSurvival(-t, degreesOfFreedom)
  return 0.5 * incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)
}

/** P(T ≤ t) of Student's t distribution. */
export const studentTCdf = (t: number, degreesOfFreedom: number): number => studentTSurvival(-t, degreesOfFreedom)

/** The t with P(T ≤ t) = p, for p between 0 and 1, both excluded. */
export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  if (p === 0.5) return 0
  if (p < 0.5) return -studentTQuantile(1 - p, degreesOfFreedom)
  return invertFalling(t => studentTSurvival(t, degreesOfFreedom), 1 - p, 0, 1e9)
}
