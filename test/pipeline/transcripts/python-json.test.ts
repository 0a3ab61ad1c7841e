import {describe, expect, test} from 'vitest'
import {pythonFloat, pythonJson, pythonString} from '../../../src/pipeline/transcripts/python-json.js'

describe('a float is printed as Python prints it', () => {
  test.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-3, '-3.0'],
    [0.1, '0.1'],
    [0.6000000000000001, '0.6000000000000001'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [3.25e-12, '3.25e-12'],
    [5e-324, '5e-324'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1e22, '1e+22'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d', (value, text) => {
    expect(pythonFloat(value)).toBe(text)
  })
})

describe('a string is printed as Python prints it', () => {
  test.each([
    ['a "b" \\ /', '"a \\"b\\" \\\\ /"'],
    ['\n\r\t\f\b', '"\\n\\r\\t\\f\\b"'],
    ['\u0000\u001f\u007f', '"\\u0000\\u001f\\u007f"'],
    ['é\u2028', '"\\u00e9\\u2028"'],
    ['😀', '"\\ud83d\\ude00"'],
    ['\ud800', '"\\ud800"'],
  ])('%j', (text, json) => {
    expect(pythonString(text)).toBe(json)
  })
})

test('any value takes the separators of Python', () => {
  expect(pythonJson({a: [1, 2.5, null], b: {}, c: undefined, d: []})).toBe('{"a": [1, 2.5, null], "b": {}, "d": []}')
})
