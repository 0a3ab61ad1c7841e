import type {TrainEventOf} from './train-events.js'
import type {CurvePoint} from './training-report.js'

const MOST_POINTS = 500 // more than the pixels of a chart can show

/** A curve of at most 500 points: of more steps, as many neighbours as it takes become one, with their mean loss. */
export function thinCurve(steps: readonly TrainEventOf<'step'>[]): CurvePoint[] {
  const width = Math.max(1, Math.ceil(steps.length / MOST_POINTS))
  const points: CurvePoint[] = []
  for (let start = 0; start < steps.length; start += width) {
    const group = steps.slice(start, start + width)
    const last = group.at(-1)
    if (last === undefined) continue
    const norms = group.flatMap(({gradientNorm}) => gradientNorm ?? [])
    points.push({
      step: last.step,
      epoch: last.epoch,
      loss: mean(group.map(({loss}) => loss)),
      parts: Object.fromEntries(
        Object.keys(last.parts).map(part => [part, mean(group.flatMap(({parts}) => parts[part] ?? []))]),
      ),
      learningRate: last.learningRate,
      gradientNorm: norms.length === 0 ? null : mean(norms),
    })
  }
  return points
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
