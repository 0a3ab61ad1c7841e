import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ScoreOptions, score} from '../../src/pipeline/score.js'
import {ScoreDocument} from '../../src/pipeline/text-pairs/score-document.js'

let folder: string
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lingulu-score-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function file(content: string, extension: string): Promise<string> {
  const path = join(folder, `${count++}.${extension}`)
  await writeFile(path, content)
  return path
}

/** Scores texts that are written to files with this extension. */
async function scoreTexts(
  reference: string,
  hypothesis: string,
  [extension, other = extension]: readonly [string, string?],
  options: Partial<ScoreOptions> = {},
) {
  const paths = {reference: await file(reference, extension), hypothesis: await file(hypothesis, other)}
  return ScoreDocument.parse(await score({...paths, alignments: true, ...options}))
}

const pairsOf = ({alignments = []}: ScoreDocument) =>
  alignments.map(({id, reference, hypothesis}) => `${id}: ${reference.join(' ')} / ${hypothesis.join(' ')}`)

describe('measures', () => {
  test('are those of all utterances together', async () => {
    const document = await scoreTexts('a b c d\ne f\n', 'a x c\ne f g\n', ['txt'])
    expect(document).toMatchObject({
      type: 'score',
      wer: 3 / 6,
      mer: 3 / 7,
      wip: (4 / 6) * (4 / 6),
      wil: 1 - (4 / 6) * (4 / 6),
      wordAccuracy: 1 - 3 / 6,
      sentenceAccuracy: 0,
      words: {hits: 4, substitutions: 1, deletions: 1, insertions: 1},
      normalizer: {name: 'none'},
      scoring: {weights: 'unit'},
    })
    // "a b c d" → "a x c": one letter is another, a space and a letter are missing; "e f" → "e f g".
    expect(document.characters).toEqual({hits: 7, substitutions: 1, deletions: 2, insertions: 2})
    expect(document.cer).toBeCloseTo(5 / 10, 12)
  })

  test('are of normalized texts', async () => {
    const scoring = {normalizer: {name: 'english'}} as const
    const document = await scoreTexts('Dr. Who’s colour: twenty!\n', 'doctor who s color 20', ['txt'], {scoring})
    expect(document).toMatchObject({wer: 0, cer: 0, sentenceAccuracy: 1, normalizer: {name: 'english'}})
  })
})

describe('lines', () => {
  test.each([
    ['blank lines keep their place', 'a\n\nb\n', 'a\n\nb\n', ['1: a / a', '2:  / ', '3: b / b']],
    ['a text need not end with a line break', 'a\nb', 'a\nc\n', ['1: a / a', '2: b / c']],
    ['an empty line at the end counts', 'a\n\n', 'a\nb', ['1: a / a', '2:  / b']],
    ['line breaks of Windows are none of the text', 'a\r\nb\r\n', 'a\nb\n', ['1: a / a', '2: b / b']],
    ['a byte order mark is none of the text', '\uFEFFa\n', 'a\n', ['1: a / a']],
    ['only line feeds part lines', 'a\u2028b\vc\n', 'a\u2028b\vc\n', ['1: a\u2028b\vc / a\u2028b\vc']],
  ])('%s', async (_, reference, hypothesis, expected) => {
    expect(pairsOf(await scoreTexts(reference, hypothesis, ['txt']))).toEqual(expected)
  })

  test.each([
    ['a\nb\n', 'a\n', /\.txt has 2 lines, .*\.txt has 1 line\./],
    ['a\n', 'a\n\n', /has 1 line, .* has 2 lines/],
    ['', '', /there is nothing to score/],
  ])('%j and %j cannot be paired', async (reference, hypothesis, message) => {
    const scored = scoreTexts(reference, hypothesis, ['txt'])
    await expect(scored).rejects.toMatchObject({code: 'MANIFEST_INVALID', message: expect.stringMatching(message)})
  })
})

describe('texts with ids', () => {
  test('are joined whatever their order and form', async () => {
    const forms = {
      trn: 'two words (s1-b)\n;; a comment\n\nb (s1-a)\n',
      csv: 'id,text\ns1-a,b\ns1-b,two words\n',
      tsv: 'text\tutt_id\nb\ts1-a\ntwo words\ts1-b\n',
      jsonl: '{"id":"s1-b","text":"two words"}\n{"text":"b","id":"s1-a"}\n',
    }
    for (const [extension, reference] of Object.entries(forms))
      for (const [other, hypothesis] of Object.entries(forms)) {
        const document = await scoreTexts(reference, hypothesis, [extension, other])
        expect(pairsOf(document).sort()).toEqual(['s1-a: b / b', 's1-b: two words / two words'])
      }
  })

  test('that have no hypothesis are told and scored as empty', async () => {
    const document = await scoreTexts('a b (1)\nc (2)\nd (3)\n', 'c (2)\n', ['trn'])
    expect(document.utterances).toMatchObject({total: 3, correct: 1, missing: ['1', '3'], emptyHypotheses: 2})
    expect(document.words).toEqual({hits: 1, substitutions: 0, deletions: 3, insertions: 0})
  })

  test('are those of transcribe --jsonl, by id, path or name', async () => {
    const result = (fields: object) => JSON.stringify({type: 'result', status: 'ok', segments: [], ...fields})
    const lines = [
      result({audio: 'x.wav', id: 'one', text: ' a'}),
      result({audio: join(folder, 'clips/two.wav'), text: 'b', durationSeconds: 2}),
      result({audio: 'elsewhere/three.flac', text: 'c'}),
      result({audio: 'four.wav', id: 'four', status: 'failed', error: {code: 'AUDIO_CORRUPT', message: 'bad'}}),
      result({audio: 'five.wav', id: 'five', status: 'skipped'}),
      JSON.stringify({type: 'summary', version: '1'}),
    ]
    const references = 'id,audio,text\none,,a\n2,clips/two.wav,b\nthree,,c\nfour,,d\nfive,,e\n'
    const document = await scoreTexts(references, lines.join('\n'), ['csv', 'jsonl'])
    expect(pairsOf(document)).toEqual(['one: a / a', '2: b / b', 'three: c / c', 'four: d / ', 'five: e / '])
    expect(document.utterances).toMatchObject({missing: ['five'], failed: ['four']})
  })

  test('are not taken for an utterance whose recording has another name', async () => {
    const result = JSON.stringify({type: 'result', status: 'ok', audio: 'copies/1.wav', text: 'a'})
    await expect(scoreTexts('id,audio,text\n0,1.wav,a\n1,2.wav,b\n', result, ['csv', 'jsonl'])).rejects.toThrow(
      '"copies/1.wav" is not in',
    )
  })

  test('of NeMo have reference and hypothesis in one file', async () => {
    const rows = '{"audio_filepath":"a.wav","text":"a b","pred_text":"a c","duration":1}\n'
    expect(pairsOf(await scoreTexts(rows, rows, ['jsonl']))).toEqual(['a: a b / a c'])
  })

  test('may be empty in a table', async () => {
    const document = await scoreTexts('id,text\n1,a\n2,\n', 'id,text\n1,\n2,b\n', ['csv'])
    expect(pairsOf(document)).toEqual(['1: a / ', '2:  / b'])
  })

  test.each([
    ['an unknown id', 'a (1)\n', 'a (1)\nb (2)\n', 'trn', /\.trn: texts.*\n {2}line 2: "2" is not in .*\.trn$/],
    ['an id twice', 'a (1)\nb (2)\nc (1)\n', 'a (1)\n', 'trn', /line 3: id "1" again, as in line 1/],
    ['a hypothesis twice', 'a (1)\n', 'a (1)\n\na (1)\n', 'trn', /line 3: id "1" again, as in line 1/],
    ['a line without an id', 'a (1)\nb\n', 'a (1)\n', 'trn', /line 2: no \(id\) at the end of "b"/],
    [
      'no text',
      'id,words\n1,a\n',
      'id,text\n1,a\n',
      'csv',
      /line 2: no text \(a column reference, ref, text.*here: id, words/,
    ],
    ['no id', 'name,text\nx,a\n', 'id,text\n1,a\n', 'csv', /line 2: neither an id nor a recording/],
    [
      'an object without text',
      '{"id":"1","text":"a"}\n{"id":"2"}\n',
      '{"id":"1","text":"a"}',
      'jsonl',
      /line 2: no text/,
    ],
    ['no JSON', '{"id":"1","text":"a"}\nx', '{"id":"1","text":"a"}', 'jsonl', /line 2: not a JSON object/],
    [
      'channels',
      '{"id":"1","text":"a"}',
      '{"type":"result","audio":"a","id":"1","channel":"left","status":"ok"}',
      'jsonl',
      /line 1: of the channel left/,
    ],
  ])('%s is an error with its line', async (_, reference, hypothesis, extension, message) => {
    const scored = scoreTexts(reference, hypothesis, [extension])
    await expect(scored).rejects.toMatchObject({code: 'MANIFEST_INVALID', message: expect.stringMatching(message)})
  })

  test('do not go together with lines', async () => {
    const scored = scoreTexts('a (1)\n', 'a\n', ['trn', 'txt'])
    await expect(scored).rejects.toMatchObject({code: 'USAGE', message: expect.stringContaining('plain lines')})
  })
})

describe('stdin', () => {
  test.each([
    ['txt', 'a\nb\n', 'a\nc\n'],
    ['trn', 'a (1)\nb (2)\n', 'c (2)\na (1)\n'],
    ['csv', 'id,text\n1,a\n2,b\n', 'id,text\n1,a\n2,c\n'],
    ['csv', 'id,text\n1,a\n2,b\n', '{"id":"1","text":"a"}\n{"id":"2","text":"c"}\n'],
  ])('has the form of the other file (%s), or is JSON lines', async (extension, reference, hypothesis) => {
    const stdin = async () => file(hypothesis, 'piped')
    const document = await score({reference: await file(reference, extension), hypothesis: '-', stdin})
    expect(document).toMatchObject({wer: 0.5, hypothesis: '-', words: {substitutions: 1}})
  })

  test('can be one side only', async () => {
    const scored = score({reference: '-', hypothesis: '-', stdin: async () => file('', 'txt')})
    await expect(scored).rejects.toMatchObject({code: 'USAGE'})
  })
})

describe('--by', () => {
  const references = 'id,text,speaker,accent\n1,a b,x,north\n2,c,y,north\n3,d,x,south\n'
  const hypotheses = 'id,text\n1,a\n2,c\n3,e\n'

  test('scores every group by itself', async () => {
    const {breakdowns} = await scoreTexts(references, hypotheses, ['csv'], {by: ['speaker', 'accent']})
    expect(breakdowns.map(({by, groups}) => [by, groups.length])).toEqual([
      ['speaker', 2],
      ['accent', 2],
    ])
    expect(breakdowns[0]?.groups).toContainEqual(expect.objectContaining({value: 'x', utterances: 2, wer: 2 / 3}))
    expect(breakdowns[1]?.groups).toContainEqual(expect.objectContaining({value: 'north', utterances: 2, wer: 1 / 3}))
  })

  test('names a column that is not there, and those that are', async () => {
    const scored = scoreTexts(references, hypotheses, ['csv'], {by: ['acent']})
    await expect(scored).rejects.toMatchObject({code: 'USAGE', hint: expect.stringContaining('Did you mean accent?')})
  })

  test('speakers of TRN are the beginnings of the ids', async () => {
    const {breakdowns} = await scoreTexts('a (x-1)\nb (y_1)\n', 'a (x-1)\nc (y_1)\n', ['trn'], {by: ['speaker']})
    expect(breakdowns[0]?.groups.map(({value}) => value).sort()).toEqual(['x', 'y'])
  })
})

test('a file that is not there is named', async () => {
  const scored = score({reference: join(folder, 'none.txt'), hypothesis: await file('a', 'txt')})
  await expect(scored).rejects.toMatchObject({code: 'MANIFEST_INVALID', message: expect.stringContaining('none.txt')})
})

test('an abort ends it', async () => {
  const paths = {reference: await file('a\n', 'txt'), hypothesis: await file('a\n', 'txt')}
  await expect(score(paths, {signal: AbortSignal.abort(new Error('enough'))})).rejects.toThrow('enough')
})
