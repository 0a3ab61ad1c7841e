import type {LossPart, LossResult} from './tasks/training-task.js'

/** What is told of the steps since the last time. */
export interface WindowTotals {
  readonly loss: number
  readonly parts: Readonly<Record<string, number>>
  readonly frames: number
  readonly audioSeconds: number
}

/** Adds up losses and what was heard, between two lines of the log. */
export class LossWindow {
  #loss: LossPart = {sum: 0, count: 0}
  #parts = new Map<string, LossPart>()
  #frames = 0
  #audioSeconds = 0

  add(
    {loss, parts}: LossResult,
    {frames, audioSeconds}: {readonly frames: number; readonly audioSeconds: number},
  ): void {
    this.#loss = plus(this.#loss, loss)
    for (const [name, part] of Object.entries(parts))
      this.#parts.set(name, plus(this.#parts.get(name) ?? {sum: 0, count: 0}, part))
    this.#frames += frames
    this.#audioSeconds += audioSeconds
  }

  /** Gives the means, and begins anew. */
  take(): WindowTotals {
    const totals = {
      loss: meanOf(this.#loss),
      parts: Object.fromEntries([...this.#parts].map(([name, part]) => [name, meanOf(part)])),
      frames: this.#frames,
      audioSeconds: this.#audioSeconds,
    }
    this.#loss = {sum: 0, count: 0}
    this.#parts = new Map()
    this.#frames = 0
    this.#audioSeconds = 0
    return totals
  }
}

const plus = (a: LossPart, b: LossPart): LossPart => ({sum: a.sum + b.sum, count: a.count + b.count})
const meanOf = ({sum, count}: LossPart): number => (count === 0 ? 0 : sum / count)
