import {describe, expect, test} from 'vitest'
import {parseCtm} from '../../../../src/pipeline/scoring/diarization/parse-ctm.js'
import {parseRttm} from '../../../../src/pipeline/scoring/diarization/parse-rttm.js'
import {parseSegLst} from '../../../../src/pipeline/scoring/diarization/parse-seglst.js'
import {parseStm} from '../../../../src/pipeline/scoring/diarization/parse-stm.js'
import {parseUem} from '../../../../src/pipeline/scoring/diarization/parse-uem.js'

const span = (start: number, end: number) => ({startMicros: start * 1e6, endMicros: end * 1e6})

describe('RTTM', () => {
  const RTTM = `\
;; a comment
# another
SPKR-INFO call 1 <NA> <NA> <NA> unknown ann <NA> <NA>

SEGMENT call 1 0 9 <NA> eval <NA> <NA> <NA>
SPEAKER call 1 0.1 0.2 <NA> <NA> ann <NA> <NA>
speaker\tcall 1  .3 1e-1 <NA> <NA> Zoë <NA>
LEXEME call 1 0.1 0.1 hello lex ann <NA> <NA>
NON-LEX call 1 0.1 0.1 <NA> laugh ann <NA> <NA>
A/P call 1 0.1 <NA> <NA> <NA> <NA> <NA> <NA>
SPEAKER other 1 12.345678 1 <NA> <NA> ann <NA> <NA>
`
  test.each([
    ['lines end as in Unix', '\n'],
    ['lines end as in Windows', '\r\n'],
  ])('only SPEAKER lines count, of all that NIST has: %s', (_, end) => {
    const {data, notes} = parseRttm(RTTM.replaceAll('\n', end), 'a.rttm')
    expect(notes).toEqual([])
    expect([...data.keys()]).toEqual(['call', 'other'])
    expect(data.get('call')).toMatchObject([
      {speaker: 'ann', startMicros: 100_000, endMicros: 300_000},
      {speaker: 'Zoë', startMicros: 300_000, endMicros: 400_000},
    ])
    expect(data.get('other')).toMatchObject([{startMicros: 12_345_678, endMicros: 13_345_678}])
  })

  test('turns that touch in the file touch in memory: 0.1 + 0.2 is 0.3', () => {
    const [first, second] = parseRttm(RTTM, 'a.rttm').data.get('call') ?? []
    expect(first?.endMicros).toBe(second?.startMicros)
  })

  test('NOSCORE is told', () => {
    const {notes} = parseRttm('NOSCORE f 1 0 1 <NA> <NA> <NA> <NA> <NA>\n', 'a.rttm')
    expect(notes).toEqual([expect.stringContaining('1 NOSCORE')])
  })

  test('every line that cannot be read is named', () => {
    const broken = `\
SPEAKER call 1 0 1
SPEAKR call 1 0 1 <NA> <NA> ann <NA> <NA>
SPEAKER call 1 zero 1 <NA> <NA> ann <NA> <NA>
SPEAKER call 1 0 <NA> <NA> <NA> ann <NA> <NA>
SPEAKER call 1 0 -1 <NA> <NA> ann <NA> <NA>
SPEAKER call 1 -1 2 <NA> <NA> ann <NA> <NA>
SPEAKER call 1 0 1 <NA> <NA> ann smith <NA> <NA>
SPEAKER call 1 1e300 1 <NA> <NA> ann <NA> <NA>`
    expect(() => parseRttm(broken, 'a.rttm')).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_INVALID',
        message: `\
a.rttm: not a usable RTTM file
  line 1: 5 fields; a SPEAKER line has 9 or 10
  line 2: "SPEAKR" is no type of RTTM line
  line 3: start "zero" is no number of seconds
  line 4: duration "<NA>" is no number of seconds
  line 5: duration -1 is below 0
  line 6: start -1 is below 0
  line 7: 11 fields; a SPEAKER line has 9 or 10
  line 8: start "1e300" is no number of seconds`,
      }),
    )
  })

  test('of many problems twenty are shown', () => {
    expect(() => parseRttm('bad line\n'.repeat(25), 'a.rttm')).toThrow(/line 20: .*\n {2}and 5 more$/)
  })
})

describe('UEM', () => {
  test('has any number of regions for a recording', () => {
    const {data} = parseUem(';; map\nf NA 0.000 30.5\nf NA 40 50\ng 1 0 1\n', 'a.uem')
    expect([...data].map(([name, regions]) => [name, regions.length])).toEqual([
      ['f', 2],
      ['g', 1],
    ])
    expect(data.get('f')?.[0]).toMatchObject(span(0, 30.5))
  })

  test.each([
    ['', 'line 1: no regions'],
    ['f 1 0', 'line 1: 3 fields instead of 4'],
    ['\nf 1 x 1', 'line 2: start "x"'],
    ['f 1 0 y', 'line 1: end "y"'],
    ['f 1 2 1', 'line 1: end 1 is before start 2'],
  ])('%j is refused', (text, message) => expect(() => parseUem(text, 'a.uem')).toThrow(message))
})

describe('STM', () => {
  const MARK = 'ignore_time_segment_in_scoring'
  const textsOf = (text: string) => parseStm(text, 'a.stm').data.segments.map(segment => segment.text)

  test.each([
    ['words', 'f 1 ann 0 1 the  old lamp', 'the old lamp'],
    ['a label', 'f 1 ann 0 1 <o,f0,female> the lamp', 'the lamp'],
    ['an empty label', 'f 1 ann 0 1 <NA> the lamp', 'the lamp'],
    ['a label alone', 'f 1 ann 0 1 <NA>', ''],
    ['no words', 'f 1 ann 0 1', ''],
    ['a word in brackets that is not first', 'f 1 ann 0 1 the <unk> lamp', 'the <unk> lamp'],
    ['the mark of an ignored time among words', `f 1 ann 0 1 ${MARK} the`, `${MARK} the`],
    ['alternatives', 'f 1 ann 0 1 the { old / cold } lamp', 'the old lamp'],
    ['alternatives of many words, and none', 'f 1 ann 0 1 the { @ / very old } lamp', 'the lamp'],
    ['alternatives in alternatives', 'f 1 ann 0 1 { a { b / c } d / e { f / g } } h', 'a b d h'],
    ['a slash and a brace outside of alternatives', 'f 1 ann 0 1 and / or }', 'and / or }'],
  ])('%s', (_, line, expected) => expect(textsOf(line)).toEqual([expected]))

  test('alternatives are told', () => {
    expect(parseStm('f 1 ann 0 1 { a / b } { c / d }', 'a.stm').notes).toEqual([
      'a.stm: 2 × { … / … }: the first alternative is scored.',
    ])
  })

  test('times that are not scored are no segments', () => {
    const text = `\
;; CATEGORY "0" "" ""
f 1 inter_segment_gap 0 2.5 <o,,unknown> ignore_time_segment_in_scoring
f 1 ann 2.5 4 <o,f0,male> the lamp
f 1 ann 4 5 IGNORE_TIME_SEGMENT_IN_SCORING`
    const {segments, ignored} = parseStm(text, 'a.stm').data
    expect(segments).toEqual([{session: 'f', speaker: 'ann', text: 'the lamp', time: span(2.5, 4)}])
    expect(ignored.get('f')).toEqual([span(0, 2.5), span(4, 5)])
  })

  test.each([
    ['f 1 ann 0', 'line 1: fewer than 5 fields'],
    ['\nf 1 ann x 1 a', 'line 2: start "x"'],
    ['f 1 ann 0 x a', 'line 1: end "x"'],
    ['f 1 ann 2 1 a', 'line 1: end 1 is before start 2'],
    ['f 1 ann 0 1 { a / b', 'line 1: "{" without "}"'],
  ])('%j is refused', (text, message) => expect(() => parseStm(text, 'a.stm')).toThrow(message))
})

describe('CTM', () => {
  const parse = (text: string) => parseCtm(text, 'a.ctm')

  test('a channel is a speaker, unless the eighth field names one', () => {
    const {segments, wordByWord} = parse(';; words\nf A 0.5 0.25 the 0.9\nf B 1 1 lamp\nf 1 2 1 old 0.9 lex ann\n').data
    expect(wordByWord).toBe(true)
    expect(segments).toEqual([
      {session: 'f', speaker: 'A', text: 'the', time: span(0.5, 0.75)},
      {session: 'f', speaker: 'B', text: 'lamp', time: span(1, 2)},
      {session: 'f', speaker: 'ann', text: 'old', time: span(2, 3)},
    ])
  })

  test('the first of alternatives is taken, and told; @ is no word', () => {
    const {data, notes} = parse(`\
f A 0 1 the
f A * * <ALT_BEGIN>
f A 1 1 old
f A * * <ALT>
f A 1 1 cold
f A * * <ALT>
f A 1 1 told
f A * * <ALT_END>
f A 2 1 @
f A 3 1 lamp`)
    expect(data.segments.map(({text}) => text)).toEqual(['the', 'old', '', 'lamp'])
    expect(notes).toEqual(['a.ctm: 1 × <ALT_BEGIN>: the first alternative is scored.'])
  })

  test.each([
    ['f A 0 1', 'line 1: 4 fields; a word has 5 to 8'],
    ['f A 0 1 a 1 lex ann more', 'line 1: 9 fields'],
    ['f A x 1 a', 'line 1: start "x"'],
    ['f A 0 x a', 'line 1: duration "x"'],
    ['f A 0 -1 a', 'line 1: duration -1 is below 0'],
    ['f A * * <ALT>', 'line 1: <ALT> without <ALT_BEGIN>'],
    ['f A * * <ALT_END>', 'line 1: <ALT_END> without <ALT_BEGIN>'],
    ['f A * * <ALT_BEGIN>\nf A * * <ALT_BEGIN>', 'line 2: <ALT_BEGIN> inside that of line 1'],
    ['f A * * <ALT_BEGIN>', 'line 1: <ALT_BEGIN> without <ALT_END>'],
  ])('%j is refused', (text, message) => expect(() => parse(text)).toThrow(message))
})

describe('SegLST', () => {
  const parse = (value: unknown) => parseSegLst(JSON.stringify(value), 'a.json').data.segments

  test('times may be numbers or texts, names numbers, words a list; other keys are passed over', () => {
    expect(
      parse([
        {session_id: 'f', speaker: 1, words: 'the lamp', start_time: '0.100', end_time: 1.5, confidence: 0.3},
        {session_id: 7, speaker: 'ann', words: ['old', 'lamp']},
      ]),
    ).toEqual([
      {session: 'f', speaker: '1', text: 'the lamp', time: span(0.1, 1.5)},
      {session: '7', speaker: 'ann', text: 'old lamp', time: undefined},
    ])
  })

  const whole = {session_id: 'f', speaker: 'ann', words: 'a'}
  test.each([
    [{}, 'not a list of segments'],
    [[whole, {...whole, speaker: undefined}], 'segment 2: speaker: not a name'],
    [[{...whole, session_id: ''}], 'segment 1: session_id: empty'],
    [[{...whole, words: 3}], 'segment 1: words: not a text'],
    [[{...whole, start_time: 'soon'}], 'segment 1: start_time: not a number of seconds'],
    [[{...whole, start_time: null}], 'segment 1: start_time: not a number of seconds'],
    [[{...whole, start_time: 2, end_time: 1}], 'segment 1: end_time: before start_time'],
  ])('%j is refused', (value, message) => expect(() => parse(value)).toThrow(message))

  test('what is not JSON is refused', () => {
    expect(() => parseSegLst('[', 'a.json')).toThrow(/^a\.json: not a usable SegLST file\n {2}.*JSON/)
  })
})
