import {displayWidth} from '../pipeline/text/display-width.js'
import {formatCount} from '../pipeline/text/format-count.js'
import {formatMetric, metricTitle} from '../pipeline/text/format-metric.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import type {TrainEventOf} from '../pipeline/training/train-events.js'

type Evaluation = TrainEventOf<'evaluation'>

const NARROWEST = 7 // columns: `12.34 %`
const LONGEST_NAME = 24 // columns

/**
 * A table that grows while a run goes on: gives the lines that an evaluation adds to it. The first one brings the titles, and
 * so does one that has other measures than those before.
 */
export function openDevTable(): (evaluation: Evaluation) => string[] {
  let titles: readonly string[] = []
  let nameWidth = 0
  return evaluation => {
    const {results} = evaluation
    const names = results.map(({dataset}) => shorten(dataset))
    const metrics = [...new Set(results.flatMap(result => Object.keys(result.metrics)))]
    const columns = ['Step', 'Epoch', 'Dev set', ...metrics.map(metricTitle)]
    const width = Math.max(...['Dev set', ...names].map(displayWidth))
    const isSame = width <= nameWidth && columns.join('\n') === titles.join('\n')
    if (!isSame) {
      titles = columns
      nameWidth = width
    }
    const line = (cells: readonly string[]) => alignCells(cells, titles, nameWidth)
    return [...(isSame ? [] : [line(titles)]), ...results.map((_, index) => line(rowOf(evaluation, index, metrics)))]
  }
}

function rowOf(evaluation: Evaluation, index: number, metrics: readonly string[]): string[] {
  const {step, epoch, results, best} = evaluation
  const {dataset = '', metrics: found = {}} = results[index] ?? {}
  return [
    formatCount(step),
    epoch.toFixed(2),
    shorten(dataset),
    ...metrics.map(metric => formatMetric(metric, found[metric])),
    ...(best ? ['best'] : []),
  ]
}

/** Names stand at the left of their column, numbers at the right; a cell without a title is a remark. */
function alignCells(cells: readonly string[], titles: readonly string[], nameWidth: number): string {
  return cells
    .map((cell, column) => {
      const title = titles[column]
      if (title === undefined) return cell
      if (title === 'Dev set') return cell + ' '.repeat(Math.max(0, nameWidth - displayWidth(cell)))
      return cell.padStart(Math.max(NARROWEST, title.length))
    })
    .join('  ')
}

function shorten(name: string): string {
  const shown = visibleText(name)
  return displayWidth(shown) <= LONGEST_NAME ? shown : `${shown.slice(0, LONGEST_NAME - 1)}…`
}
