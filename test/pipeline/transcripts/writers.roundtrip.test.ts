import {parse as parseCsv} from 'csv-parse/sync'
import {parseSync as parseSubtitles} from 'subtitle'
import {describe, expect, test} from 'vitest'
import type {SubtitleOptions} from '../../../src/pipeline/transcripts/subtitles.js'
import {OUTPUT_FORMATS, parseFormats, writers} from '../../../src/pipeline/transcripts/writers.js'
import {randomTranscript} from './random-transcript.js'

const SEEDS = Array.from({length: 25}, (_, index) => index + 1)
const milliseconds = (seconds: number) => Math.round(seconds * 1000)

function parsedCues(content: string) {
  return parseSubtitles(content).flatMap(node => (node.type === 'cue' ? [node.data] : []))
}

describe('what a format holds comes back through an independent parser', () => {
  test.each(SEEDS)('srt and vtt give times and text of every segment (%i)', seed => {
    const transcript = randomTranscript(seed, false)
    const expected = transcript.segments.map(({start, end, text}) => ({
      start: milliseconds(start),
      end: milliseconds(end),
      text: text.trim(),
    }))
    for (const format of ['srt', 'vtt'] as const)
      expect(parsedCues(writers[format](transcript)).map(({start, end, text}) => ({start, end, text}))).toEqual(
        expected,
      )
  })

  test.each(SEEDS)('shaped subtitles lose no word and keep their order in time (%i)', seed => {
    const transcript = randomTranscript(seed, true)
    const words = transcript.text.split(/\s+/).join('')
    const shapes: SubtitleOptions[] = [{maxWordsPerLine: 3}, {maxLineWidth: 18}, {maxLineWidth: 18, maxLineCount: 2}]
    for (const subtitles of shapes) {
      const cues = parsedCues(writers.srt(transcript, {subtitles}))
      expect(cues.map(({text}) => text.replaceAll(/\s/g, '')).join('')).toBe(words)
      for (const [index, {start, end, text}] of cues.entries()) {
        expect(start).toBeLessThanOrEqual(end)
        expect(start).toBeGreaterThanOrEqual(cues[index - 1]?.end ?? 0)
        if (subtitles.maxLineCount !== undefined)
          expect(text.split('\n').length).toBeLessThanOrEqual(subtitles.maxLineCount)
        if (subtitles.maxLineWidth !== undefined)
          for (const line of text.split('\n'))
            if (line.trim().includes(' ')) expect([...line].length).toBeLessThanOrEqual(subtitles.maxLineWidth)
      }
    }
  })

  test.each(SEEDS)('tsv and csv give milliseconds and text (%i)', seed => {
    const transcript = randomTranscript(seed, false)
    const expected = transcript.segments.map(({start, end, text}) => ({
      start: String(milliseconds(start)),
      end: String(milliseconds(end)),
      text: text.trim(),
    }))
    expect(parseCsv(writers.csv(transcript), {columns: true})).toEqual(expected)
    expect(parseCsv(writers.tsv(transcript), {columns: true, delimiter: '\t', quote: false})).toEqual(expected)
  })

  test.each(SEEDS)('json gives every number and character (%i)', seed => {
    const transcript = randomTranscript(seed, seed % 2 === 0)
    const content = writers.json(transcript)
    expect(content).toMatch(/^[ -~]*$/)
    expect(JSON.parse(content)).toEqual({
      text: transcript.text,
      segments: transcript.segments.map(({averageLogProbability, compressionRatio, noSpeechProbability, ...rest}) => ({
        ...rest,
        avg_logprob: averageLogProbability,
        compression_ratio: compressionRatio,
        no_speech_prob: noSpeechProbability,
      })),
      language: 'en',
    })
  })

  test.each(SEEDS)('txt gives one line for each segment (%i)', seed => {
    const transcript = randomTranscript(seed, false)
    expect(writers.txt(transcript).split('\n')).toEqual([...transcript.segments.map(({text}) => text.trim()), ''])
  })
})

const silence = {text: '', durationSeconds: 3, segments: [], suspects: []}

test.each([
  ['txt', ''],
  ['srt', ''],
  ['vtt', 'WEBVTT\n\n'],
  ['tsv', 'start\tend\ttext\n'],
  ['csv', 'start,end,text\n'],
  ['json', '{"text": "", "segments": [], "language": null}'],
] as const)('a silent recording gives a valid %s', (format, content) => {
  expect(writers[format](silence)).toBe(content)
})

test('json has the metadata at its end when it is given, and OpenAI’s keys alone otherwise', () => {
  const content = writers.json(silence, {
    metadata: {version: '1', model: {hash: 'ä'}, none: undefined, list: [1, 0.5, true]},
  })
  expect(content).toBe(
    '{"text": "", "segments": [], "language": null, "lingulu": {"version": "1", "model": {"hash": "\\u00e4"}, "list": [1, 0.5, true]}}',
  )
})

test('csv keeps quotes, commas and line feeds in the text', () => {
  const [segment] = randomTranscript(1, false).segments
  const text = ' say "a, b"\nand\tc '
  const content = writers.csv({...silence, segments: [{...segment!, start: 0.0005, end: 1.5, text}]})
  expect(content).toBe('start,end,text\n0,1500,"say ""a, b""\nand\tc"\n')
})

describe('--format', () => {
  test.each([
    ['srt', ['srt']],
    ['srt,txt', ['srt', 'txt']],
    [' SRT , vtt,srt', ['srt', 'vtt']],
    ['all', OUTPUT_FORMATS],
  ])('%s', (list, formats) => {
    expect(parseFormats(list)).toEqual(formats)
  })

  test.each(['', 'doc', 'txt,,srt', 'txt,constructor'])('"%s" is refused with the choice there is', list => {
    expect(() => parseFormats(list)).toThrow(
      expect.objectContaining({code: 'USAGE', hint: expect.stringContaining('json')}),
    )
  })
})
