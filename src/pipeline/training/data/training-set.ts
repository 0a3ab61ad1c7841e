import {resolve} from 'node:path'
import type {ChannelChoice} from '../../audio/source.js'
import {checkDataset, formatProblem, withoutErrors} from '../../datasets/dataset-problems.js'
import {openDataset} from '../../datasets/open-dataset.js'
import type {Utterance} from '../../datasets/utterance.js'
import {LinguluError} from '../../errors.js'
import type {Clip} from '../../inputs/input.js'
import {withoutStress} from '../../text/lexicon-entries.js'
import type {SourceConfig} from '../config/data-config.js'
import type {TrainingItem} from '../tasks/training-task.js'

/** Where the sound of an item lies. */
export interface Recording {
  readonly audio: string
  readonly clip: Clip | undefined
  readonly channel: ChannelChoice | undefined
}

/** An item as the manifest has it. Its seconds are known when its sound was decoded. */
export interface ListedItem extends Omit<TrainingItem, 'seconds'>, Recording {}

/** A source as it was read. */
export interface TrainingSet {
  readonly name: string
  readonly hash: string
  readonly source: SourceConfig
  readonly items: readonly ListedItem[]
  /** What was wrong with rows that are left out. */
  readonly problems: readonly string[]
}

/**
 * Reads a source. Rows that are not to be used are left out; what is wrong with the manifest ends it before the first step.
 *
 * @throws LinguluError USAGE, MANIFEST_INVALID, DATASET_MISSING
 */
export async function readTrainingSet(source: SourceConfig, signal?: AbortSignal): Promise<TrainingSet> {
  const dataset = await openDataset(source.dataset, {layout: source.layout, columns: source.columns, signal})
  // A recording that is not there is one to be skipped and named, like one that cannot be decoded.
  const missing = dataset.problems.filter(({kind}) => kind === 'missing-audio')
  checkDataset({...dataset, problems: dataset.problems.filter(({kind}) => kind !== 'missing-audio')})
  const items = withoutErrors(dataset)
    .filter(isWanted(source))
    .flatMap(utterance => toItem(utterance, source))
  const limited = items.slice(0, source.limit ?? items.length)
  if (limited.length === 0)
    throw new LinguluError('MANIFEST_INVALID', `${source.dataset} has no recording for this training.`, {
      hint: 'Look at speakers, exclude_speakers and the columns.',
    })
  const {name, hash} = dataset
  return {name, hash, source, items: limited, problems: missing.map(problem => formatProblem(problem))}
}

function isWanted({speakers, exclude_speakers: excluded}: SourceConfig): (utterance: Utterance) => boolean {
  return ({speaker}) =>
    (speakers === undefined || (speaker !== undefined && speakers.includes(speaker))) &&
    (excluded === undefined || speaker === undefined || !excluded.includes(speaker))
}

function toItem(
  {id, audio, clip, channel, text, speaker, columns}: Utterance,
  {phones_column: phonesColumn, label_column: labelColumn}: SourceConfig,
): ListedItem[] {
  if (audio === undefined) return []
  const phones = columns[phonesColumn]?.trim().split(/\s+/).filter(Boolean).map(withoutStress)
  return [
    {
      id,
      audio: resolve(audio),
      clip,
      channel,
      text,
      speaker,
      phones: phones?.length ? phones : undefined,
      label: columns[labelColumn]?.trim() || undefined,
    },
  ]
}
