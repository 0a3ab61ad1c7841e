import type {Outcome} from './runners/job.js'

export interface Measured {
  readonly name: string
  readonly weights: string
  /** Why there are no figures. */
  missing: string | undefined
  readonly rounds: Outcome[]
}

export interface Setting {
  readonly machine: string
  readonly models: string
  readonly windows: number
  readonly audioSeconds: number
  readonly rounds: number
}

/** A Markdown table: medians over the rounds with their smallest and largest. The first row with figures is the reference. */
export function formatTable(setting: Setting, measured: readonly Measured[]): string {
  const reference = measured.find(({missing}) => missing === undefined)
  const one = (row: Measured) => row.rounds.map(({oneSeconds}) => median(oneSeconds))
  const many = (row: Measured) => row.rounds.map(({manySeconds}) => manySeconds)
  const ratio = (row: Measured, seconds: (row: Measured) => number[]) =>
    row === reference || reference === undefined ? '' : (median(seconds(row)) / median(seconds(reference))).toFixed(2)
  const lines = measured.map(row => {
    if (row.missing !== undefined) return `| ${row.name} | ${row.weights} | missing: ${row.missing} | | | | | | |`
    const [outcome] = row.rounds
    return `| ${[
      `${row.name} ${outcome?.version ?? ''}`,
      row.weights,
      spread(many(row)),
      (setting.audioSeconds / median(many(row))).toFixed(1),
      ratio(row, many),
      spread(one(row)),
      ratio(row, one),
      range(outcome?.tokens),
      agreement(outcome, reference?.rounds[0]),
    ].join(' | ')} |`
  })
  const name = reference?.name ?? 'lingulu'
  return [
    `${setting.machine}. ${setting.windows} recordings, ${setting.audioSeconds.toFixed(0)} s; ${setting.rounds} rounds in turn: medians (smallest – largest).`,
    '',
    `| program | weights | all recordings, s | audio s/s | time ÷ ${name} | one recording, s | time ÷ ${name} | tokens each | same texts |`,
    '|---|---|--:|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n')
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

const spread = (numbers: readonly number[]) =>
  `${median(numbers).toFixed(3)} (${Math.min(...numbers).toFixed(3)} – ${Math.max(...numbers).toFixed(3)})`

function range(counts: readonly number[] | undefined): string {
  if (counts === undefined || counts.length === 0) return '?'
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least} – ${most}`
}

function agreement(outcome: Outcome | undefined, reference: Outcome | undefined): string {
  if (outcome === undefined || reference === undefined) return '?'
  const same = outcome.texts.filter((text, index) => text.trim() === reference.texts[index]?.trim()).length
  return `${same} of ${outcome.texts.length}`
}
