import {describe, expect, test} from 'vitest'
import {CorpusBuilder} from '../../../src/pipeline/language-model/corpus.js'
import {limitVocabulary, type VocabularyLimits} from '../../../src/pipeline/language-model/limit-vocabulary.js'

function limited(limits: Partial<VocabularyLimits>) {
  const builder = new CorpusBuilder()
  for (const sentence of ['c b a b', 'b a <unk>', '<s> d b </s>']) builder.add(sentence.split(' '))
  const {words, ids, unknownTokens} = limitVocabulary(builder.build(), {minCount: 1, ...limits})
  return {
    words: Array.from({length: words.size - 3}, (_, word) => words.text(word + 3)).join(' '),
    text: [...ids].map(id => words.text(id)).join(' '),
    unknownTokens,
  }
}

describe('words are numbered by how often they come', () => {
  test.each<[string, Partial<VocabularyLimits>, string, string, number]>([
    ['all', {}, 'b a c d', '<s> c b a b </s> <s> b a <unk> </s> <s> d b </s>', 1],
    ['two', {size: 2}, 'b a', '<s> <unk> b a b </s> <s> b a <unk> </s> <s> <unk> b </s>', 3],
    ['what comes twice', {minCount: 2}, 'b a', '<s> <unk> b a b </s> <s> b a <unk> </s> <s> <unk> b </s>', 3],
    [
      'a list, with a word that the text lacks',
      {words: ['d', 'e', 'b']},
      'b d e',
      '<s> <unk> b <unk> b </s> <s> b <unk> <unk> </s> <s> d b </s>',
      4,
    ],
  ])('%s', (_, limits, words, text, unknownTokens) => {
    expect(limited(limits)).toEqual({words, text, unknownTokens})
  })
})
