import {describe, expect, test} from 'vitest'
import {compilePattern} from '../../../../src/pipeline/text/normalizers/python-pattern.js'
import {compileTemplate} from '../../../../src/pipeline/text/normalizers/python-template.js'
import {Transform} from '../../../../src/pipeline/text/normalizers/transform-schema.js'
import {compileTransforms} from '../../../../src/pipeline/text/normalizers/transforms.js'
import {readReference} from './reference.js'

interface Lists {
  readonly texts: string[]
  /** 0 stands for a text that does not change. */
  readonly lists: {readonly transforms: unknown[]; readonly outputs: (string | 0)[]}[]
}

interface Patterns {
  readonly texts: string[]
  readonly cases: [pattern: string, replacement: string, outputs: string[]][]
}

const {texts, lists} = readReference<Lists>('transforms.json')
const patterns = readReference<Patterns>('patterns.json')

describe('jiwer’s transforms in Python give the same', () => {
  test.each(lists.map(list => [JSON.stringify(list.transforms), list] as const))('%s', (_, {transforms, outputs}) => {
    const transform = compileTransforms(transforms.map(each => Transform.parse(each)))
    expect(outputs.some(output => output !== 0)).toBe(true)
    expect(texts.map(transform)).toEqual(outputs.map((output, index) => (output === 0 ? texts[index] : output)))
  })

  test('all of them are in the list', () => {
    const tested = new Set(lists.flatMap(({transforms}) => transforms.map(each => Transform.parse(each).transform)))
    const missing = Transform.options.map(({shape}) => shape.transform.value).filter(name => !tested.has(name))
    expect(missing).toEqual(['RemoveEmptyStrings'])
  })
})

test('a blank text is emptied, not taken out: pairs stay pairs', () => {
  const transform = compileTransforms([{transform: 'RemoveEmptyStrings'}])
  expect(['', ' ', 'a ', '\x1f\t'].map(transform)).toEqual(['', '', 'a ', ''])
})

describe('Python’s re.sub gives the same', () => {
  test.each(patterns.cases)('%s → %s', (pattern, replacement, outputs) => {
    const compiled = compilePattern(pattern)
    const template = compileTemplate(replacement, compiled)
    expect(patterns.texts.map(text => text.replace(compiled, template))).toEqual(outputs)
  })
})

test.each([
  ['(a', 'unterminated group'],
  ['a)', 'unmatched'],
  ['*a', 'nothing to repeat'],
  ['a**', 'nothing to repeat'],
  ['a*+', 'possessive quantifiers (*+) are not supported'],
  ['a{2,3}+', 'possessive quantifiers ({2,3}+) are not supported'],
  ['a{3,2}', 'numbers out of order'],
  ['(?>a)', '(?>a…) is not supported'],
  ['(?(1)a)', '(?(1…) is not supported'],
  ['(?i:a)', '(?i:…) is not supported'],
  ['(?x)a', 'the flag x is not supported'],
  ['(?P<1>a)', '(?P<…) is not supported'],
  ['[a', '[ without its ]'],
  ['[]', '[ without its ]'],
  ['[z-a]', 'out of order'],
  ['[\\d-z]', 'bad range \\d-z'],
  ['\\', 'a backslash at the end'],
  ['\\q', '\\q means nothing'],
  ['\\1', 'invalid'],
  ['\\x4', '\\x means nothing'],
  ['[\\1]', '\\1 in […]'],
])('the pattern %s is refused: %s', (pattern, reason) => expect(() => compilePattern(pattern)).toThrow(reason))

test.each([
  ['\\2', 'there is no group 2'],
  ['\\g<y>', 'there is no group y'],
  ['\\g<9>', 'there is no group 9'],
  ['\\g', '\\g needs the name of a group'],
  ['\\q', '\\q means nothing'],
  ['\\', 'a backslash at the end'],
])('the replacement %s is refused: %s', (template, reason) =>
  expect(() => compileTemplate(template, compilePattern('(?P<x>a)'))).toThrow(reason),
)
