import {expect, test} from 'vitest'
import {strip} from '../../../src/pipeline/text/strip.js'

test.each([
  ['  a b\t\n', 'a b'],
  ['\u3000日本\u00a0', '日本'],
  ['\u001c\u0085a\u001f', 'a'],
  ['\ufeffa\u200b', '\ufeffa\u200b'],
  [' \u2028\u2029\u202f\u205f\u1680\u2000\u200a ', ''],
  ['', ''],
])('%j without white space at its ends is %j', (text, stripped) => {
  expect(strip(text)).toBe(stripped)
})
