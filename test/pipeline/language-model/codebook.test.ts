import {describe, expect, test} from 'vitest'
import {codebookOf, nearestCode} from '../../../src/pipeline/language-model/codebook.js'

describe('a codebook', () => {
  test('has each value where there are few', () => {
    expect([...codebookOf(Float32Array.of(3, 1, 1, 2, 3), 4)]).toEqual([1, 2, 3])
  })

  test('has the means of groups that lie apart', () => {
    const found = codebookOf(Float32Array.of(0, 0.5, 10, 10.5, 11, 20, 20.25), 3)
    expect([...found]).toEqual([0.25, 10.5, 20.125])
  })

  test('is searched for the nearest', () => {
    const book = Float32Array.of(-2, -1, 4)
    expect([-9, -1.6, -1.4, 1, 2, 9].map(value => nearestCode(book, value))).toEqual([0, 0, 1, 1, 2, 2])
  })
})
