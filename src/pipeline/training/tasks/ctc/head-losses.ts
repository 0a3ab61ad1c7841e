import {LinguluError} from '../../../errors.js'
import {consistencyLoss} from '../../consistency-loss.js'
import {type CtcLoss, ctcLoss} from '../../ctc-loss.js'
import {joinItems} from '../../data/join-items.js'
import {denominatorLoss} from '../../denominator-loss.js'
import type {Values} from '../../engine/training-engine.js'
import {type LabelGrammar, labelGrammar} from '../../label-grammar.js'
import {encodedLengths} from '../encoder-inputs.js'
import type {FeatureBatch, LossPart, LossResult, TrainingItem} from '../training-task.js'
import type {CtcModelConfig} from './ctc-config.js'
import type {Said, Targets} from './ctc-targets.js'

/** One output of the model, and what it is to say. */
interface HeadTargets {
  readonly name: 'written' | 'phones'
  /** Of its loss. */
  readonly weight: number
  readonly classes: number
  readonly targets: Targets
}

export interface LossHead extends HeadTargets {
  /** Of its logits, beside each other's. */
  readonly offset: number
  /** Of CTC-CRF. */
  readonly grammar: LabelGrammar | undefined
}

/** A grammar grows with the third power of its labels: 512 of them take a gigabyte. */
const MOST_CLASSES = 128

/**
 * Heads one beside the other, with what usual texts teach of their labels if the configuration wants CTC-CRF.
 *
 * @throws LinguluError CONFIG_INVALID for CTC-CRF of too many labels, of a head that is not there, and without a text to go by
 */
export function lossHeads(
  {crf}: CtcModelConfig,
  usual: readonly Said[],
  heads: readonly HeadTargets[],
): readonly LossHead[] {
  const missing = crf?.heads?.find(name => !heads.some(head => head.name === name))
  if (missing !== undefined)
    throw new LinguluError('CONFIG_INVALID', `model.crf.heads names ${missing}, and the model has no such head.`, {
      hint: 'Add model.phone_head, or leave model.crf.heads out.',
    })
  let end = 0
  return heads.map(head => {
    const {name, classes, targets} = head
    const wanted = crf !== undefined && (crf.heads?.includes(name) ?? true)
    if (wanted && classes > MOST_CLASSES)
      throw new LinguluError(
        'CONFIG_INVALID',
        `model.crf is for ${MOST_CLASSES} labels at most, and here are ${classes}.`,
        {
          hint: 'Learn characters or phones, or leave model.crf out.',
        },
      )
    const offset = end
    end += classes
    if (!wanted) return {...head, offset, grammar: undefined}
    const said = [...labelsOf(usual, targets)]
    if (said.length === 0)
      throw new LinguluError('CONFIG_INVALID', `No text of model.crf can be said by the head ${name}.`, {
        hint: 'Its letters must be those of the model, and its words in data.lexicon.',
      })
    return {...head, offset, grammar: labelGrammar(said, classes)}
  })
}

export interface LossParts {
  readonly heads: readonly LossHead[]
  /** Weight of CTC-CRF, beside what is missing to 1 of CTC; 0 for CTC alone. */
  readonly crf: number
  /** Weight of the consistency of two readings, beside 1 for CTC; 0 where every row has one reading. */
  readonly consistency: number
}

/**
 * The loss of each head, −ln p of all rows, and the gradient of their weighted sum. Rows without a target give none but that
 * of their consistency.
 */
export function headLosses(
  features: FeatureBatch,
  {values, shape}: Values<Float32Array>,
  {heads, crf, consistency}: LossParts,
): LossResult {
  const [rows = 0, frames = 0, width = 0] = shape
  const lengths = encodedLengths(features.lengths)
  const gradient = new Float32Array(values.length)
  const parts: Record<string, LossPart> = {}
  let sum = 0
  for (const {name, offset, classes, weight, targets, grammar} of heads) {
    const place = {width, offset, classes}
    const labels = features.rows.map(row => rowLabels(row, targets))
    const batch = {
      logits: columns(values, place),
      frames,
      classes,
      lengths: lengths.map((length, row) => (labels[row] === undefined ? 0 : length)),
      labels: labels.map(label => label ?? []),
      blank: 0,
    }
    const tokens = labels.reduce((count, label) => count + (label?.length ?? 0), 0)
    const add = (part: string, share: number, count: number, loss: CtcLoss) => {
      const total = loss.losses.reduce((left, right) => left + right, 0)
      parts[part] = {sum: total, count}
      sum += share * total
      addColumns(gradient, {...place, share}, loss.gradient)
    }
    add(name, weight, tokens, ctcLoss(batch))
    if (grammar !== undefined) add(`${name}_denominator`, weight * crf, tokens, denominatorLoss(batch, grammar))
    if (consistency > 0) {
      const all = lengths.reduce((left, right) => left + right, 0)
      add(`${name}_consistency`, weight * consistency, all, consistencyLoss({...batch, lengths}))
    }
  }
  return {gradient, count: rows, loss: {sum, count: rows}, parts}
}

function* labelsOf(texts: readonly Said[], targets: Targets): Generator<readonly number[]> {
  for (const said of texts) {
    const target = targets(said)
    if ('ids' in target) yield target.ids
  }
}

function rowLabels(row: readonly TrainingItem[], targets: Targets): readonly number[] | undefined {
  const target = targets(joinItems(row))
  return 'ids' in target ? target.ids : undefined
}

/** Where the logits of one head stand, beside each other's. */
interface HeadPlace {
  /** Of all heads. */
  readonly width: number
  readonly offset: number
  readonly classes: number
}

/** Adds a share of the gradient of one head to that of all. */
function addColumns(
  gradient: Float32Array,
  {width, offset, classes, share}: HeadPlace & {readonly share: number},
  part: Float32Array,
): void {
  for (let row = 0; row * classes < part.length; row++)
    for (let token = 0; token < classes; token++) {
      const place = row * width + offset + token
      gradient[place] = (gradient[place] as number) + share * (part[row * classes + token] as number)
    }
}

/** The logits of one head. @param values [rows, width] */
export function columns(values: Float32Array, {width, offset, classes}: HeadPlace): Float32Array {
  if (classes === width) return values
  const rows = values.length / width
  const part = new Float32Array(rows * classes)
  for (let row = 0; row < rows; row++)
    part.set(values.subarray(row * width + offset, row * width + offset + classes), row * classes)
  return part
}
