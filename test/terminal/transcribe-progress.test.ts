import {WriteStream} from 'node:tty'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import type {TranscribeEvent} from '../../src/pipeline/events.js'
import type {ResultRecord} from '../../src/pipeline/transcripts/results.js'
import {openProgress} from '../../src/terminal/transcribe-progress.js'

beforeEach(() => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date']}))
afterEach(() => void vi.useRealTimers())

/** A terminal, or a file, that remembers what is written to it. */
function stream({isTTY}: {isTTY: boolean}) {
  let written = ''
  const write = (text: string) => {
    written += text
    return true
  }
  const fake = Object.setPrototypeOf({isTTY, columns: 100, write}, WriteStream.prototype)
  return {stderr: fake as WriteStream, written: () => written}
}

/** What stands on the screen after returns to the start of a line and erasing. */
function screen(written: string): string[] {
  const lines: string[] = []
  for (const row of written.split('\n')) {
    let line = ''
    let column = 0
    for (const [index, piece] of row.split('\u001B[').entries()) {
      const [sequence = '', command] = index === 0 ? [] : (/^[\d;?]*([A-Za-z])/.exec(piece) ?? [])
      if (command === 'G') column = 0
      if (command === 'K' || command === 'J') line = line.slice(0, column)
      for (const [part, text] of piece.slice(sequence.length).split('\r').entries()) {
        if (part > 0) column = 0
        line = line.slice(0, column) + text + line.slice(column + text.length)
        column += text.length
      }
    }
    lines.push(line)
  }
  return lines
}

const plan = {type: 'plan', outputDir: undefined, jobs: [], total: 2, pending: 2, failures: [], notAudio: 0} as const
const model = {
  type: 'model',
  info: {
    kind: 'ctc',
    name: 'tiny',
    hash: '',
    precision: 'fp32',
    provider: 'cpu',
    features: {kind: 'waveform', normalize: true},
  },
  provider: {provider: 'cpu', rejected: [{provider: 'cuda', reason: 'no GPU\nat all', fix: ''}]},
  batchSize: 2,
} as const satisfies TranscribeEvent
const result = (index: number, name: string, record: object): TranscribeEvent => ({
  type: 'result',
  index,
  name,
  records: [{type: 'result', audio: name, ...record} as ResultRecord],
})
const events: TranscribeEvent[] = [
  {...plan, duplicates: ['a.wav']},
  model,
  {type: 'audio', name: 'a.wav', durationSeconds: 60},
  {type: 'progress', name: 'a.wav', channel: undefined, seconds: 30},
  {type: 'warning', name: 'a.wav', message: 'a.wav ends early'},
  result(0, 'a.wav', {status: 'failed', error: {code: 'AUDIO_CORRUPT', message: 'a.wav is damaged'}}),
  {type: 'audio', name: 'b.wav', durationSeconds: 7440},
  {type: 'progress', name: 'b.wav', channel: 'left', seconds: 3720},
]
const NOTES = [
  'Named twice, transcribed once: a.wav',
  'tiny fp32 on cpu, up to 2 recordings at a time',
  '  not on cuda: no GPU',
  'Warning: a.wav ends early',
  'Failed: a.wav is damaged',
]

describe('on a terminal', () => {
  test('a bar of files and their parts stands below the notes, and nothing is left of it in the end', async () => {
    const {stderr, written} = stream({isTTY: true})
    const progress = await openProgress({quiet: false, stderr})
    for (const event of events) {
      progress.show(event)
      vi.advanceTimersByTime(1000)
    }
    const shown = screen(written())
    expect(shown.slice(0, -1)).toEqual(NOTES)
    expect(shown.at(-1)).toBe('██████████████████░░░░░░ 1/2 files | 1:02:00 of audio | 620.0x real time | 0:02 left')
    progress.above(() => stderr.write('text\n'))
    expect(screen(written()).slice(-2)).toEqual(['text', shown.at(-1)])
    progress.close()
    expect(screen(written())).toEqual([...NOTES, 'text', ''])
  })

  test('nothing keeps the program running after the end', async () => {
    const {stderr, written} = stream({isTTY: true})
    const progress = await openProgress({quiet: false, stderr})
    for (const event of events) progress.show(event)
    expect(vi.getTimerCount()).toBe(1)
    progress.close()
    progress.above(() => stderr.write('after\n'))
    expect(vi.getTimerCount()).toBe(0)
    expect(written()).toMatch(/after\n$/)
  })

  test('nothing is switched on that would stay so when the program is killed', async () => {
    const {stderr, written} = stream({isTTY: true})
    const progress = await openProgress({quiet: false, stderr})
    for (const event of events) progress.show(event)
    // Hidden cursor, no wrapping, saved cursor.
    for (const sequence of ['\u001B[?25l', '\u001B[?7l', '\u001B7']) expect(written()).not.toContain(sequence)
    progress.close()
  })
})

describe('elsewhere', () => {
  test('a line says how far it is every ten seconds, and there are no control characters', async () => {
    const {stderr, written} = stream({isTTY: false})
    const progress = await openProgress({quiet: false, stderr})
    for (const event of events) progress.show(event)
    vi.advanceTimersByTime(11_000)
    progress.show({type: 'progress', name: 'b.wav', channel: undefined, seconds: 3720})
    progress.show({type: 'progress', name: 'b.wav', channel: undefined, seconds: 3721})
    progress.close()
    expect(written().split('\n')).toEqual([
      ...NOTES,
      '1/2 files, 1 failed, 1:02:00 of audio, 338.2x real time, 0:04 left',
      '',
    ])
  })

  test('--quiet says nothing', async () => {
    const {stderr, written} = stream({isTTY: true})
    const progress = await openProgress({quiet: true, stderr})
    for (const event of events) progress.show(event)
    progress.above(() => stderr.write('text\n'))
    progress.close()
    expect(written()).toBe('text\n')
  })
})
