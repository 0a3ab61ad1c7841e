import {LinguluError} from '../../errors.js'
import {CLASSIFIER} from '../../export/lingulu/config.js'
import {speechClassifier} from '../architectures/speech-classifier.js'
import {joinItems} from '../data/join-items.js'
import type {ClassificationModelConfig} from './classification-config.js'
import {classificationScores, confusionsFirst, type Judgement} from './classification-scores.js'
import {encoderInputs} from './encoder-inputs.js'
import {commonValue, openPooledEncoder} from './pooled-encoder-task.js'
import {greatest, type SoftmaxLossOptions, softmaxLoss} from './softmax-loss.js'
import type {FeatureBatch, TaskScorer, TrainingItem, TrainingTask} from './training-task.js'

export interface ClassificationTaskOptions {
  /** What is learnt from: their labels are the classes. */
  readonly items: readonly TrainingItem[]
  /** Default 0. */
  readonly labelSmoothing?: number | undefined
  /** Which checkpoint is best. Default: accuracy. */
  readonly bestMetric?: string | undefined
}

const METRICS: readonly string[] = ['accuracy', 'f1', 'uar', 'loss']

/**
 * Learns which class a recording is of: labels are sorted by their code units. Measures accuracy, macro F1, unweighted
 * average recall and the loss (without smoothing and weights). A row of several recordings has the label that all of them have.
 *
 * @throws LinguluError CONFIG_INVALID for fewer than two labels or a metric that is none; MODEL_MISSING, MODEL_INVALID for
 *   the folder that the training begins with
 */
export async function openClassificationTask(
  config: ClassificationModelConfig,
  {items, labelSmoothing = 0, bestMetric = 'accuracy'}: ClassificationTaskOptions,
): Promise<TrainingTask> {
  const labels = labelsOf(items)
  checkMetric(bestMetric, METRICS)
  const ids = new Map(labels.map((label, id) => [label, id] as const))
  const weights = config.class_weights === 'balanced' ? balancedWeights(items, labels) : undefined
  const {sizes, save, ...shared} = await openPooledEncoder(config)
  const frozen = config.freeze === 'encoder'
  const model = {encoder: sizes, pooling: config.pooling, frozen, classes: labels.length}
  const targetsOf = ({rows}: FeatureBatch) => rows.map(row => ids.get(labelOf(row) ?? ''))
  return {
    ...shared,
    build: ops => speechClassifier(ops, model),
    best: {metric: bestMetric, greaterIsBetter: bestMetric !== 'loss'},
    refuse: ({label}) => refusal(label, ids),
    async batch(batch) {
      const targets = targetsOf(batch)
      const options = {classes: labels.length, targets, smoothing: labelSmoothing, weights}
      return {
        inputs: encoderInputs(batch, sizes),
        lossOf: ({values}) => {
          const {gradient, loss, count, correct} = softmaxLoss({logits: values, ...options})
          return {gradient, count, loss: {sum: loss, count}, parts: {accuracy: {sum: correct, count}}}
        },
      }
    },
    scorer: () => createScorer(labels, targetsOf),
    save: (folder, trained) =>
      save(folder, trained, {
        model_type: 'lingulu-classifier',
        architectures: [CLASSIFIER],
        id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
        label2id: Object.fromEntries(ids),
      }),
  }
}

/** @throws LinguluError CONFIG_INVALID */
export function checkMetric(metric: string, known: readonly string[]): void {
  if (known.includes(metric)) return
  throw new LinguluError('CONFIG_INVALID', `metric_for_best_model: ${metric} is not measured by this task.`, {
    hint: `It measures ${known.join(', ')}.`,
  })
}

function labelsOf(items: readonly TrainingItem[]): readonly string[] {
  const labels = [...new Set(items.flatMap(({label}) => label ?? []))].sort()
  if (labels.length >= 2) return labels
  const found = labels.length === 0 ? 'no labels' : `only the label "${labels[0]}"`
  throw new LinguluError('CONFIG_INVALID', `Classes are to be learnt, and the training data have ${found}.`, {
    hint: 'Name the column with the class as label_column of the data set.',
  })
}

/** As scikit-learn's `compute_class_weight('balanced')`: their mean over the recordings is 1. */
function balancedWeights(items: readonly TrainingItem[], labels: readonly string[]): readonly number[] {
  const labelled = items.filter(({label}) => label !== undefined)
  return labels.map(name => labelled.length / (labels.length * labelled.filter(({label}) => label === name).length))
}

function labelOf(row: readonly TrainingItem[]): string | undefined {
  return commonValue(row, ({label}) => label)
}

function refusal(label: string | undefined, known: ReadonlyMap<string, number>): string | undefined {
  if (label === undefined) return 'it has no label'
  return known.has(label) ? undefined : `its label "${label}" is none of the training data`
}

function createScorer(
  labels: readonly string[],
  targetsOf: (batch: FeatureBatch) => (number | undefined)[],
): TaskScorer {
  const judgements: Judgement[] = []
  let [sum, count] = [0, 0]
  const nameOf = (id: number) => labels[id] ?? ''
  return {
    add(batch, {values}) {
      const targets = targetsOf(batch)
      const options: SoftmaxLossOptions = {logits: values, classes: labels.length, targets}
      const found = softmaxLoss(options)
      sum += found.loss
      count += found.count
      for (const [row, target] of targets.entries()) {
        if (target === undefined) continue
        const hypothesis = nameOf(greatest(values, row * labels.length, labels.length))
        judgements.push({id: joinItems(batch.rows[row] ?? []).id, reference: nameOf(target), hypothesis})
      }
    },
    scores: () => ({
      metrics: {...classificationScores(judgements), loss: sum / count},
      examples: confusionsFirst(judgements),
    }),
  }
}
