import {expect, test} from 'vitest'
import {parseTrainConfig} from '../../src/pipeline/training/config/train-config.js'
import {Wav2Vec2ModelConfig} from '../../src/pipeline/training/tasks/wav2vec2-config.js'
import {codeBlocks, documents} from '../support/documents.js'

const page = documents.find(({path}) => path === 'docs/train-wav2vec2.md')!
const examples = codeBlocks(page).filter(({language}) => language === 'json')

test.each(examples)('the configuration of $place is one', ({place, code}) => {
  const {model} = JSON.parse(code)
  expect(parseTrainConfig(JSON.parse(code), place).model).toMatchObject(model)
})

test.each(Object.keys(Wav2Vec2ModelConfig.shape))('the page tells of the setting %s', name => {
  expect(page.text).toContain(`\`${name}\``)
})
