import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {readModelJson, requireModelJson} from '../models/model-files.js'
import {CTC_ARCHITECTURE, LinguluCtcConfig} from '../training/tasks/ctc/ctc-folder.js'
import type {Checkpoint} from './checkpoint.js'
import type {ExportedGraph} from './exported-graph.js'
import type {GraphContext} from './graph-context.js'
import {LAYOUTS, type Layout} from './layouts.js'
import {buildClassifier} from './lingulu/classifier.js'
import {CLASSIFIER, ClassifierConfig, SPEAKER_MODEL, SpeakerConfig} from './lingulu/config.js'
import {buildCtc} from './lingulu/ctc.js'
import {buildSpeakerModel} from './lingulu/speaker.js'
import {Wav2Vec2Config} from './wav2vec2/config.js'
import {buildWav2Vec2, type Wav2Vec2Head} from './wav2vec2/model.js'
import {WhisperConfig} from './whisper/config.js'
import {buildDecoder, buildDecoderWithPast, buildFirstDecoder} from './whisper/decoder.js'
import {buildEncoder} from './whisper/encoder.js'
import {buildFusedDecoder} from './whisper/fused/decoder.js'
import {buildFusedEncoder} from './whisper/fused/encoder.js'

type MakeGraphs = (context: GraphContext) => Promise<readonly ExportedGraph[]>

interface Architecture {
  readonly layouts: readonly Layout[]
  readonly makeGraphs: MakeGraphs
}

const wav2vec2 = (head: Wav2Vec2Head): Architecture => ({
  layouts: ['fused', 'huggingface'],
  async makeGraphs(context) {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', Wav2Vec2Config)
    return [{path: 'onnx/model.onnx', model: buildWav2Vec2(head, config, context)}]
  },
})

const classifier: Architecture = {
  layouts: ['fused', 'huggingface'],
  async makeGraphs(context) {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', ClassifierConfig)
    return [{path: 'onnx/model.onnx', model: buildClassifier(config, context)}]
  },
}

const linguluCtc: Architecture = {
  layouts: ['fused', 'huggingface'],
  async makeGraphs(context) {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', LinguluCtcConfig)
    return [{path: 'onnx/model.onnx', model: buildCtc(config, context)}]
  },
}

const speakerModel: Architecture = {
  layouts: ['fused', 'huggingface'],
  async makeGraphs(context) {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', SpeakerConfig)
    return [{path: 'onnx/model.onnx', model: buildSpeakerModel(config, context)}]
  },
}

const whisper: Architecture = {
  layouts: LAYOUTS,
  async makeGraphs(context) {
    const config = await requireModelJson(context.checkpoint.files, 'config.json', WhisperConfig)
    return context.layout === 'fused' ? fusedWhisper(config, context) : plainWhisper(config, context)
  },
}

/** `generation_config.json`, as far as a graph depends on it. */
const GenerationConfig = z.object({
  alignment_heads: z.array(z.tuple([z.int().min(0), z.int().min(0)])).nullish(),
})

async function fusedWhisper(config: WhisperConfig, context: GraphContext): Promise<readonly ExportedGraph[]> {
  if (!context.crossAttentions)
    throw new LinguluError('OPTION_UNSUPPORTED', 'The layout fused has no graph without cross-attention.', {
      hint: 'There it costs nothing when it is not asked for: leave the option out, or choose another layout.',
    })
  const generation = await readModelJson(context.checkpoint.files, 'generation_config.json', GenerationConfig)
  const heads = generation?.alignment_heads ?? undefined
  return [
    {path: 'onnx/encoder_fused.onnx', model: buildFusedEncoder(config, context)},
    {path: 'onnx/decoder_fused.onnx', model: buildFusedDecoder(config, context, heads)},
  ]
}

function plainWhisper(config: WhisperConfig, context: GraphContext): readonly ExportedGraph[] {
  const encoder = {path: 'onnx/encoder_model.onnx', model: buildEncoder(config, context)}
  const pair = [
    {path: 'onnx/decoder_model.onnx', model: buildFirstDecoder(config, context), family: 'decoder'},
    {path: 'onnx/decoder_with_past_model.onnx', model: buildDecoderWithPast(config, context), family: 'decoder'},
  ]
  if (context.layout === 'split') return [encoder, ...pair]
  // Readers in a browser open one file: the merged decoder is whole as long as its size allows it.
  const merged = {path: 'onnx/decoder_model_merged.onnx', model: buildDecoder(config, context)}
  return [encoder, {...merged, family: 'decoder', alone: true}, ...pair]
}

/** By the name in `architectures` of config.json. */
const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ['WhisperForConditionalGeneration', whisper],
  ['Wav2Vec2ForCTC', wav2vec2('ctc')],
  ['HubertForCTC', wav2vec2('ctc')],
  ['WavLMForCTC', wav2vec2('ctc')],
  ['Wav2Vec2ForSequenceClassification', wav2vec2('audio-classification')],
  ['HubertForSequenceClassification', wav2vec2('audio-classification')],
  ['WavLMForSequenceClassification', wav2vec2('audio-classification')],
  [CTC_ARCHITECTURE, linguluCtc],
  [CLASSIFIER, classifier],
  [SPEAKER_MODEL, speakerModel],
])

const AnyConfig = z.object({architectures: z.array(z.string()).nullish()})

/**
 * @throws LinguluError MODEL_INVALID for a model that lingulu has no graphs for, with those it has; OPTION_UNSUPPORTED for
 *   a layout that this one does not have.
 */
export async function findArchitecture(
  {files}: Checkpoint,
  layout: Layout,
): Promise<{readonly name: string; readonly makeGraphs: MakeGraphs}> {
  const {architectures} = await requireModelJson(files, 'config.json', AnyConfig)
  for (const name of architectures ?? []) {
    const found = ARCHITECTURES.get(name)
    if (found === undefined) continue
    if (found.layouts.includes(layout)) return {name, makeGraphs: found.makeGraphs}
    throw new LinguluError('OPTION_UNSUPPORTED', `A ${name} has no layout ${layout}.`, {
      hint: `Choose ${found.layouts.join(' or ')}.`,
    })
  }
  const problem = architectures?.length ? `describes a ${architectures.join(', ')}` : 'names no architecture'
  throw new LinguluError('MODEL_INVALID', `${files.path}/config.json ${problem}, which lingulu does not export.`, {
    hint: `It exports ${[...ARCHITECTURES.keys()].join(', ')}.`,
  })
}
