import type {Model} from '../../onnx/model.js'
import {speechClassifier} from '../../training/architectures/speech-classifier.js'
import {encoderSizes} from '../../training/tasks/encoder-config.js'
import type {GraphContext} from '../graph-context.js'
import type {ClassifierConfig} from './config.js'
import {encoderGraph} from './encoder-graph.js'

/** `input_features` [batch, frames, mels] and `lengths` [batch] → `logits` [batch, classes]. */
export function buildClassifier({encoder, pooling, id2label}: ClassifierConfig, context: GraphContext): Model {
  const sizes = encoderSizes(encoder)
  const config = {encoder: sizes, pooling, frozen: false, classes: Object.keys(id2label).length}
  return encoderGraph({sizes, outputs: ops => new Map([['logits', speechClassifier(ops, config)]])}, context)
}
