import {expect, test} from 'vitest'
import {repeatingCommand} from '../../src/terminal/repeating-command.js'

test.each([
  [['set.csv', '-m', 'openai/whisper-tiny', '--max-wer=8%'], 'set.csv -m openai/whisper-tiny --max-wer=8%'],
  [['my set.csv', '--name', "it's $HOME"], `'my set.csv' --name 'it'\\''s $HOME'`],
  [[''], `''`],
  [['-m', 'https://me:secret@hub.example/model'], '-m https://hub.example/model'],
])('%j can be pasted into a shell', (argv, expected) => {
  expect(repeatingCommand('evaluate', argv)).toBe(`lingulu evaluate ${expected}`)
})
