import type {ModelDescription, PlainFolder} from '../pipeline/models/describe-model.js'
import type {InstalledModel, ModelList} from '../pipeline/models/list-models.js'
import {formatBytes} from './format-bytes.js'
import {formatTable} from './format-table.js'

/** The catalogue as a table; below it what else is on this machine. */
export function formatModelList({catalogue, others}: ModelList): string {
  const known = catalogue.map(entry => [
    entry.name,
    `${entry.parametersMillion} M`,
    entry.languages,
    entry.downloadMegabytes === undefined ? '' : formatBytes(entry.downloadMegabytes * 1e6),
    entry.installed.map(presence).join('; '),
    entry.description,
  ])
  const table = formatTable([['NAME', 'PARAMETERS', 'LANGUAGES', 'FP32', 'HERE', 'WHAT IT IS'], ...known])
  if (others.length === 0) return table
  const more = others.map(model => [model.id, model.kind, formatBytes(model.bytes), presence(model)])
  return `${table}\n\nAlso on this machine:\n${formatTable(more)}`
}

function presence({precisions, cache}: InstalledModel): string {
  return `${precisions.join(', ')}${cache === 'hugging-face' ? ' (Hugging Face’s cache)' : ''}`
}

/** All that is known of a model, one fact a line. */
export function formatDescription(description: ModelDescription): string {
  const {entry} = description
  const shared = [
    ['languages', entry?.languages ?? ''],
    ['parameters', entry === undefined ? '' : `${entry.parametersMillion} M`],
    ['made by', entry?.source ?? ''],
    ['about', entry?.description ?? ''],
  ]
  const facts = description.state === 'installed' ? installedFacts(description) : hubFacts(description)
  return formatTable([...facts, ...shared].filter(([, value]) => value !== ''))
}

function installedFacts({model, folder, files, precisions, entry}: Extract<ModelDescription, {state: 'installed'}>) {
  return [
    ['name', folder.name],
    ['folder', folder.path],
    ['found in', model.source],
    ...architecture(folder),
    ['precision', folder.precision],
    ['precisions', precisions.join(', ')],
    ['hash', folder.hash],
    ['licence', entry?.licence ?? ''],
    ...files.map(({path, bytes}, index) => [index === 0 ? 'files' : '', `${path}  ${formatBytes(bytes)}`]),
  ]
}

function architecture(folder: PlainFolder): string[][] {
  if (folder.kind === 'ctc') {
    const {features, stride} = folder
    const heard =
      features.kind === 'waveform'
        ? `waveform${features.normalize ? ', normalised' : ''}`
        : `${features.options.mels} mels`
    return [
      ['kind', 'CTC'],
      ['hears', heard],
      ['stride', stride === undefined ? '' : String(stride)],
      ['vocabulary', `${folder.vocabulary.length} tokens`],
    ]
  }
  const {config, decoder} = folder
  return [
    ['kind', `Whisper, ${config.multilingual ? 'multilingual' : 'English only'}`],
    ['hears', `${config.mels} mels`],
    [
      'decoder',
      `${config.decoderLayers} layers of ${config.decoderHeads} heads, width ${config.width}, ${decoder.layout} layout`,
    ],
    ['vocabulary', `${config.vocabularySize} tokens`],
    [
      'alignment',
      config.alignmentHeads?.map(head => head.join('.')).join(' ') ?? 'all heads of the upper half of the layers',
    ],
  ]
}

function hubFacts({id, commit, kind, licence, precisions, entry}: Extract<ModelDescription, {state: 'on-the-hub'}>) {
  const variants = precisions.map(({precision, bytes}, index) => [
    index === 0 ? 'precisions' : '',
    `${precision}  ${formatBytes(bytes)}`,
  ])
  return [
    ['name', entry?.name ?? id],
    ['here', 'no: `lingulu models pull` fetches it'],
    ['repository', id],
    ['commit', commit],
    ['kind', kind === undefined ? 'no ONNX files' : kind],
    ...variants,
    ['licence', entry?.licence ?? licence ?? ''],
  ]
}
