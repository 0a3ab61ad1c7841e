import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {requireModelJson} from '../models/model-files.js'
import type {Model} from '../onnx/model.js'
import type {Checkpoint} from './checkpoint.js'
import type {GraphContext} from './graph-context.js'
import {Wav2Vec2Config} from './wav2vec2/config.js'
import {buildWav2Vec2, type Wav2Vec2Head} from './wav2vec2/model.js'
import {WhisperConfig} from './whisper/config.js'
import {buildDecoder} from './whisper/decoder.js'
import {buildEncoder} from './whisper/encoder.js'

/** One ONNX file of an export, relative to its folder. */
export interface ExportedGraph {
  readonly path: string
  readonly model: Model
}

type MakeGraphs = (context: GraphContext) => Promise<readonly ExportedGraph[]>

const wav2vec2 =
  (head: Wav2Vec2Head): MakeGraphs =>
  async context => {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', Wav2Vec2Config)
    return [{path: 'onnx/model.onnx', model: buildWav2Vec2(head, config, context)}]
  }

async function whisper(context: GraphContext): Promise<readonly ExportedGraph[]> {
  const config = await requireModelJson(context.checkpoint.files, 'config.json', WhisperConfig)
  return [
    {path: 'onnx/encoder_model.onnx', model: buildEncoder(config, context)},
    {path: 'onnx/decoder_model_merged.onnx', model: buildDecoder(config, context)},
  ]
}

/** By the name in `architectures` of config.json. */
const ARCHITECTURES: ReadonlyMap<string, MakeGraphs> = new Map([
  ['WhisperForConditionalGeneration', whisper],
  ['Wav2Vec2ForCTC', wav2vec2('ctc')],
  ['HubertForCTC', wav2vec2('ctc')],
  ['WavLMForCTC', wav2vec2('ctc')],
  ['Wav2Vec2ForSequenceClassification', wav2vec2('audio-classification')],
  ['HubertForSequenceClassification', wav2vec2('audio-classification')],
  ['WavLMForSequenceClassification', wav2vec2('audio-classification')],
])

const AnyConfig = z.object({architectures: z.array(z.string()).nullish()})

/** @throws LinguluError MODEL_INVALID for a model that lingulu has no graphs for, with those it has. */
export async function findArchitecture({
  files,
}: Checkpoint): Promise<{readonly name: string; readonly makeGraphs: MakeGraphs}> {
  const {architectures} = await requireModelJson(files, 'config.json', AnyConfig)
  for (const name of architectures ?? []) {
    const makeGraphs = ARCHITECTURES.get(name)
    if (makeGraphs !== undefined) return {name, makeGraphs}
  }
  const problem = architectures?.length ? `describes a ${architectures.join(', ')}` : 'names no architecture'
  throw new LinguluError('MODEL_INVALID', `${files.path}/config.json ${problem}, which lingulu does not export.`, {
    hint: `It exports ${[...ARCHITECTURES.keys()].join(', ')}.`,
  })
}
