import {expect, test} from 'vitest'
import {parseTrainConfig} from '../../src/pipeline/training/config/train-config.js'
import {ClassificationModelConfig} from '../../src/pipeline/training/tasks/classification-config.js'
import {SpeakerModelConfig} from '../../src/pipeline/training/tasks/speaker-config.js'
import {codeBlocks, documents} from '../support/documents.js'

const page = documents.find(({path}) => path === 'docs/train-classification.md')!
const examples = codeBlocks(page).filter(({language}) => language === 'json')

test.each(examples)('the configuration of $place is one', ({place, code}) => {
  const {task} = JSON.parse(code)
  expect(parseTrainConfig(JSON.parse(code), place).task).toBe(task)
})

test.each([...Object.keys(ClassificationModelConfig.shape), ...Object.keys(SpeakerModelConfig.shape)])(
  'the page tells of the setting %s',
  name => {
    expect(page.text).toContain(`\`${name}\``)
  },
)
