import {copyFile, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type NewTensor, writeSafetensors} from '../../../export/safetensors-write.js'
import {writeAtomically} from '../../../transcripts/atomic-write.js'
import {huggingFaceShape, toHuggingFace} from '../../architectures/whisper-weights.js'
import type {Values} from '../../engine/training-engine.js'
import type {Weights} from '../training-task.js'
import {newGenerationConfig, newPreprocessorConfig} from './new-whisper.js'
import type {WhisperModelConfig} from './whisper-config.js'
import type {WhisperSource} from './whisper-source.js'

const TOKENIZER =
  /^(?:tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|normalizer)\.json$|^merges\.txt$/
const OF_THE_MODEL = /^(?:generation_config|preprocessor_config|processor_config)\.json$|^(?:LICENSE|LICENCE|NOTICE)/i
const ADAPTER_FOLDER = 'adapter'
const PEFT_PREFIX = 'base_model.model.'

/**
 * Writes a model folder as transformers saves one, with weights in float32.
 *
 * @param weights all of the decoder and the encoder, with changes merged
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function saveWhisper(folder: string, source: WhisperSource, weights: Weights): Promise<void> {
  const {config, tokenizer, files, positions, checkpoint} = source
  await mkdir(folder, {recursive: true})
  const table = {values: positions, shape: [config.max_source_positions, config.d_model]}
  const all = new Map([...weights, ['model.encoder.embed_positions.weight', table]])
  await writeSafetensors(join(folder, 'model.safetensors'), [...all].map(toTensor))
  const copied = [...files.names].filter(
    name => TOKENIZER.test(name) || (checkpoint !== undefined && OF_THE_MODEL.test(name)),
  )
  for (const name of copied) await copyFile(join(files.path, name), join(folder, name))
  const made = new Map<string, unknown>([['config.json', configOf(source)]])
  if (!copied.includes('generation_config.json')) made.set('generation_config.json', newGenerationConfig(tokenizer))
  if (!copied.some(name => name.startsWith('preprocessor') || name.startsWith('processor')))
    made.set('preprocessor_config.json', newPreprocessorConfig(config.num_mel_bins))
  await writeAtomically([...made].map(([name, value]) => jsonFile(join(folder, name), value)))
}

/**
 * Writes low-rank changes as PEFT does, into `adapter/` of the model folder: beside config.json, transformers would take
 * them for changes of the merged model.
 *
 * @param layers names of the linear layers that change
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function saveAdapter(
  folder: string,
  {
    trained,
    lora,
    name,
    layers,
  }: {
    readonly trained: Weights
    readonly lora: NonNullable<WhisperModelConfig['lora']>
    readonly name: string
    /** Undefined for all with the names of `target_modules`. */
    readonly layers: readonly string[] | undefined
  },
): Promise<void> {
  const target = join(folder, ADAPTER_FOLDER)
  const tensors = [...trained].map(([weight, values]) => ({...toTensor([weight, values]), name: PEFT_PREFIX + weight}))
  await writeSafetensors(join(target, 'adapter_model.safetensors'), tensors)
  const config = {
    ...{peft_type: 'LORA', task_type: null, base_model_name_or_path: name, inference_mode: true},
    ...{r: lora.r, lora_alpha: lora.lora_alpha, lora_dropout: lora.lora_dropout, bias: 'none', fan_in_fan_out: false},
    ...{target_modules: layers ?? lora.target_modules, modules_to_save: null, init_lora_weights: true},
  }
  await writeAtomically([jsonFile(join(target, 'adapter_config.json'), config)])
}

function configOf({document}: WhisperSource): Record<string, unknown> {
  const {torch_dtype: _, ...fields} = document
  return {...fields, architectures: ['WhisperForConditionalGeneration'], dtype: 'float32'}
}

const jsonFile = (path: string, value: unknown) => ({path, content: `${JSON.stringify(value, null, 2)}\n`})

/** The turned copy of a matrix is made when it is written, one at a time. */
function toTensor([name, weight]: readonly [string, Values<Float32Array>]): NewTensor {
  const turned = () => toHuggingFace(name, weight).values
  let kept: Float32Array | undefined
  const {byteLength} = weight.values
  const source = {
    byteLength,
    async read(start: number, end: number) {
      const values = kept ?? turned()
      kept = end < byteLength ? values : undefined
      return new Uint8Array(values.buffer, values.byteOffset + start, end - start)
    },
  }
  return {name, type: 'F32', shape: huggingFaceShape(name, weight.shape), source}
}
