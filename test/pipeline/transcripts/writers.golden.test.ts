import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import type {SubtitleOptions} from '../../../src/pipeline/transcripts/subtitles.js'
import {writers} from '../../../src/pipeline/transcripts/writers.js'
import {fromOpenAi, type OpenAiResult} from './openai-result.js'

interface Golden {
  readonly inputs: readonly {readonly name: string; readonly result: OpenAiResult}[]
  readonly cases: readonly ({
    readonly input: string
    readonly options: {
      readonly max_line_width?: number
      readonly max_line_count?: number
      readonly max_words_per_line?: number
      readonly highlight_words?: boolean
    }
  } & Partial<Record<'txt' | 'srt' | 'vtt' | 'tsv' | 'json', string>>)[]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../data/whisper-reference/writers.json', import.meta.url), 'utf8'),
)
const results = new Map(golden.inputs.map(({name, result}) => [name, fromOpenAi(result)]))

describe("every file equals that of OpenAI's writers, byte for byte", () => {
  test.each(golden.cases.map(one => [one.input, JSON.stringify(one.options), one] as const))(
    '%s %s',
    (name, _, one) => {
      const transcript = results.get(name)!
      const subtitles: SubtitleOptions = {
        maxLineWidth: one.options.max_line_width,
        maxLineCount: one.options.max_line_count,
        maxWordsPerLine: one.options.max_words_per_line,
        highlightWords: one.options.highlight_words,
      }
      const formats = (['txt', 'srt', 'vtt', 'tsv', 'json'] as const).filter(format => one[format] !== undefined)
      expect(formats.length).toBeGreaterThan(0)
      for (const format of formats) expect(writers[format](transcript, {subtitles})).toBe(one[format])
    },
  )
})
