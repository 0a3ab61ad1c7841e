import type {Model} from '../../onnx/model.js'
import {SPEAKER_CENTRES, speakerEmbedding} from '../../training/architectures/speaker-model.js'
import {encoderSizes} from '../../training/tasks/encoder-config.js'
import type {GraphContext} from '../graph-context.js'
import type {SpeakerConfig} from './config.js'
import {encoderGraph} from './encoder-graph.js'

/** `input_features` [batch, frames, mels] and `lengths` [batch] → `embeddings` [batch, size], of length 1. */
export function buildSpeakerModel({encoder, pooling, embedding_size}: SpeakerConfig, context: GraphContext): Model {
  const sizes = encoderSizes(encoder)
  const config = {encoder: sizes, pooling, frozen: false, embedding: embedding_size}
  // Only training compares with its speakers.
  context.used.add(SPEAKER_CENTRES)
  return encoderGraph({sizes, outputs: ops => new Map([['embeddings', speakerEmbedding(ops, config)]])}, context)
}
