import {expect, test} from 'vitest'
import {parseTrainConfig} from '../../src/pipeline/training/config/train-config.js'
import {WhisperModelConfig} from '../../src/pipeline/training/tasks/whisper/whisper-config.js'
import {codeBlocks, documents} from '../support/documents.js'

const page = documents.find(({path}) => path === 'docs/train-whisper.md')!
const examples = codeBlocks(page).filter(({language}) => language === 'json')

test.each(examples)('the configuration of $place is one', ({place, code}) => {
  expect(parseTrainConfig(JSON.parse(code), place).task).toBe('whisper')
})

test.each(Object.keys(WhisperModelConfig.shape))('the page tells of the setting %s', name => {
  expect(page.text).toContain(`\`${name}\``)
})
