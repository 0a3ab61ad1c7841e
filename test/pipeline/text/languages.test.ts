import {describe, expect, test} from 'vitest'
import {findLanguage, isLanguageCode, LANGUAGE_CODES, parseLanguage} from '../../../src/pipeline/text/languages.js'
import {readReference} from './reference.js'

describe('languages', () => {
  test('there are a hundred, Cantonese last', () => {
    expect(LANGUAGE_CODES).toHaveLength(100)
    expect(LANGUAGE_CODES.at(-1)).toBe('yue')
  })

  test.each([
    ['en', 'en'],
    ['English', 'en'],
    [' GERMAN ', 'de'],
    ['haitian creole', 'ht'],
    ['cantonese', 'yue'],
    ['klingon', undefined],
    ['constructor', undefined],
  ])('%j is %s', (text, code) => {
    expect(findLanguage(text)).toBe(code)
  })

  test('OpenAI’s aliases are known', () => {
    const {language_aliases} = readReference<{language_aliases: Record<string, string>}>('tokenizer.json')
    for (const [name, code] of Object.entries(language_aliases)) expect(findLanguage(name)).toBe(code)
  })

  test('an unknown one is an error that lists the codes', () => {
    expect(() => parseLanguage('xx')).toThrow('unknown language: xx')
    expect(isLanguageCode('toString')).toBe(false)
  })
})
