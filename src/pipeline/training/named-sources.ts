import {createHash} from 'node:crypto'
import {digestFile} from '../download/digest-file.js'
import {readTexts} from '../language-model/read-texts.js'
import type {TrainConfig} from './config/train-config.js'
import {hashModelFolder} from './hash-model-folder.js'
import {resolveCheckpoint} from './tasks/resolve-checkpoint.js'
import type {NamedSource} from './train-events.js'

/**
 * What settings name beside data sets, and what was found there: the texts of CTC-CRF, a lexicon, a model to begin with.
 *
 * @throws LinguluError INPUT_MISSING, MANIFEST_INVALID, MODEL_MISSING, …
 */
export async function readNamedSources(
  {task, data, model}: TrainConfig,
  signal: AbortSignal,
): Promise<readonly NamedSource[]> {
  const sources: NamedSource[] = []
  if (task === 'ctc' && data.lexicon !== undefined)
    sources.push({
      setting: 'data.lexicon',
      source: data.lexicon,
      hash: await digestFile(data.lexicon, 'sha256', signal),
    })
  if ('crf' in model && model.crf?.texts !== undefined) {
    const sentences = createHash('sha256')
    for await (const texts of readTexts(model.crf.texts, {reading: {}, signal}))
      for (const text of texts) if (text !== '') sentences.update(`${text}\n`)
    sources.push({setting: 'model.crf.texts', source: model.crf.texts, hash: sentences.digest('hex')})
  }
  for (const setting of ['from', 'checkpoint'] as const) {
    const source = Object.entries(model).find(([name]) => name === setting)?.[1]
    if (typeof source !== 'string') continue
    const {hash} = await hashModelFolder(await resolveCheckpoint(source))
    sources.push({setting: `model.${setting}`, source, hash})
  }
  return sources
}
