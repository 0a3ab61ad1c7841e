import {copyFile} from 'node:fs/promises'
import {join} from 'node:path'
import {floatSource} from '../../../export/float-source.js'
import {type NewTensor, writeSafetensors} from '../../../export/safetensors-write.js'
import {memorySource} from '../../../onnx/model.js'
import {writeAtomically} from '../../../transcripts/atomic-write.js'
import type {Wav2Vec2Training} from '../../architectures/wav2vec2.js'
import type {Weights} from '../training-task.js'
import type {Wav2Vec2Checkpoint} from './checkpoint.js'
import {placeInCheckpoint} from './tensor-layouts.js'
import type {Units} from './vocabulary.js'

export interface SavedModel {
  readonly source: Wav2Vec2Checkpoint
  readonly training: Wav2Vec2Training
  readonly units: Units
  /** Whether the tokens are the checkpoint's own, so that its tokenizer is copied. */
  readonly reused: boolean
  readonly reduction: 'mean' | 'sum'
}

/**
 * Writes a model as transformers and `lingulu export` read it. Weights that were not trained are the checkpoint's; those of
 * other heads (a quantizer of pre-training) are left out.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED
 */
export async function saveFolder(folder: string, model: SavedModel, trained: Weights): Promise<void> {
  await writeSafetensors(join(folder, 'model.safetensors'), tensorsOf(model, trained))
  const {source} = model
  if (model.reused) {
    const names = TOKENIZER_FILES.filter(name => source.checkpoint.files.names.has(name))
    for (const name of names) await copyFile(join(source.checkpoint.path, name), join(folder, name))
  }
  const documents = {
    'config.json': configOf(model),
    'preprocessor_config.json': preprocessorOf(model),
    ...(model.reused ? {} : tokenizerOf(model.units)),
  }
  const files = Object.entries(documents).map(([name, document]) => ({
    path: join(folder, name),
    content: `${JSON.stringify(document, null, 2)}\n`,
  }))
  await writeAtomically(files)
}

const TOKENIZER_FILES = [
  'vocab.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
]

function tensorsOf({source: {checkpoint, config}}: SavedModel, trained: Weights): NewTensor[] {
  const changed = new Map<string, {shape: readonly number[]; values: Float32Array}>()
  for (const [name, {values, shape}] of trained) {
    const place = placeInCheckpoint(name, shape, config)
    const tensorName = place.names.find(candidate => checkpoint.tensors.has(candidate)) ?? place.names[0] ?? name
    const theirs = place.toTheirs(values)
    if (place.rows === undefined) {
      changed.set(tensorName, {shape: place.shape, values: theirs})
      continue
    }
    const size = place.shape.reduce((product, each) => product * each, 1)
    const whole = changed.get(tensorName) ?? {shape: place.shape, values: new Float32Array(size)}
    whole.values.set(theirs, (place.rows.start * size) / (place.shape[0] ?? 1))
    changed.set(tensorName, whole)
  }
  const kept = [...checkpoint.tensors].filter(
    ([name]) => name.startsWith(`${config.model_type}.`) && !changed.has(name),
  )
  return [
    ...kept.map(([name, tensor]) => newTensor(name, tensor.shape, floatSource(tensor))),
    ...[...changed].map(([name, {shape, values}]) =>
      newTensor(name, shape, memorySource(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))),
    ),
  ]
}

const newTensor = (name: string, shape: readonly number[], source: NewTensor['source']): NewTensor => ({
  name,
  shape,
  type: 'F32',
  source,
})

/** The checkpoint's config.json with what is otherwise now. */
function configOf({source: {raw, config}, training, units, reduction}: SavedModel) {
  const {torch_dtype: _, ...rest} = raw
  return {
    ...rest,
    architectures: [config.model_type === 'hubert' ? 'HubertForCTC' : 'Wav2Vec2ForCTC'],
    dtype: 'float32',
    vocab_size: units.vocabulary.length,
    pad_token_id: units.blank,
    attention_dropout: training.attentionDropout,
    hidden_dropout: training.hiddenDropout,
    activation_dropout: training.activationDropout,
    feat_proj_dropout: training.projectionDropout,
    final_dropout: training.finalDropout,
    ...masksOf(training),
    ctc_loss_reduction: reduction,
    ctc_zero_infinity: true,
  }
}

/** Without masks the probabilities stay: transformers expects `masked_spec_embed` where they are not 0. */
function masksOf({maskTime, maskChannels}: Wav2Vec2Training) {
  if (maskTime.share === 0 && maskChannels.share === 0) return {apply_spec_augment: false}
  return {
    apply_spec_augment: true,
    mask_time_prob: maskTime.share,
    mask_time_length: maskTime.length,
    mask_feature_prob: maskChannels.share,
    mask_feature_length: maskChannels.length,
  }
}

/** What training heard: samples of zero mean and unit variance. */
const preprocessorOf = ({source: {config}}: SavedModel) => ({
  do_normalize: true,
  feature_extractor_type: 'Wav2Vec2FeatureExtractor',
  feature_size: 1,
  padding_side: 'right',
  padding_value: 0,
  return_attention_mask: config.feat_extract_norm === 'layer',
  sampling_rate: 16_000,
})

function tokenizerOf({vocabulary, kind}: Units) {
  const tokens = {bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>'}
  const own =
    kind === 'phones'
      ? {tokenizer_class: 'Wav2Vec2PhonemeCTCTokenizer', do_phonemize: false, phone_delimiter_token: ' '}
      : {tokenizer_class: 'Wav2Vec2CTCTokenizer', word_delimiter_token: '|', do_lower_case: false}
  return {
    'vocab.json': Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    'tokenizer_config.json': {...own, ...tokens},
    'special_tokens_map.json': tokens,
  }
}
