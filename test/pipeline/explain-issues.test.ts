import {expect, test} from 'vitest'
import {z} from 'zod'
import {explainIssues} from '../../src/pipeline/explain-issues.js'

const Source = z.union([z.string().min(1), z.strictObject({file: z.string(), repeat: z.number().optional()})])
const Schema = z.strictObject({
  name: z.string(),
  sources: z.union([Source, z.array(Source).min(1)]).optional(),
  limit: z.union([z.literal('none'), z.int().min(1)]).optional(),
})

test.each([
  ['what is no union', {name: 1}, '✖ Invalid input: expected string, received number\n  → at name'],
  [
    'a key that one form lacks',
    {name: 'a', sources: {file: 'x', repet: 2}},
    '✖ Unrecognized key: "repet"\n  → at sources',
  ],
  [
    'a value deep in one form',
    {name: 'a', sources: ['x', {file: 'y', repeat: 'twice'}]},
    '✖ Invalid input: expected number, received string\n  → at sources[1].repeat',
  ],
  [
    'a value of no form’s kind',
    {name: 'a', sources: 5},
    '✖ Invalid input: expected string or object or array\n  → at sources',
  ],
  ['a word that is none', {name: 'a', limit: 'no'}, '✖ Invalid input: expected "none" or number\n  → at limit'],
  ['too small a number', {name: 'a', limit: 0}, '✖ Too small: expected number to be >=1\n  → at limit'],
])('says what is wrong with %s', (_, value, expected) => {
  expect(explainIssues(Schema.safeParse(value).error!)).toBe(expected)
})
