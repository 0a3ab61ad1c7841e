import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readManifest} from '../../../src/pipeline/inputs/read-manifest.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

async function read(name: string, content: string | Buffer) {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, content)
  return readManifest(path)
}

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])

describe('is read', () => {
  test.each([
    ['plain CSV', 'm.csv', 'audio,text\na.wav,hi\n', [{line: 2, audio: 'a.wav', text: 'hi'}]],
    [
      'a byte order mark and carriage returns',
      'm.csv',
      '\ufeffaudio,text\r\na.wav,hi\r\n',
      [{line: 2, audio: 'a.wav', text: 'hi'}],
    ],
    [
      'quoted fields with commas, quotes and line feeds',
      'm.csv',
      'text,audio\n"a ""b"",\nc",x.wav\nd,y.wav\n',
      [
        {line: 3, audio: 'x.wav', text: 'a "b",\nc'},
        {line: 4, audio: 'y.wav', text: 'd'},
      ],
    ],
    ['semicolons', 'm.csv', 'audio;text\na.wav;one, two\n', [{line: 2, audio: 'a.wav', text: 'one, two'}]],
    [
      'no line feed at the end, blank lines, names in capitals',
      'm.csv',
      'Audio\n\na.wav\n\n b.wav',
      [
        {line: 3, audio: 'a.wav'},
        {line: 5, audio: 'b.wav'},
      ],
    ],
    [
      'TSV with quotes that mean nothing',
      'm.tsv',
      'path\tsentence\na.wav\t"Hi" he said\n',
      [{line: 2, audio: 'a.wav', text: '"Hi" he said'}],
    ],
    [
      'TSV with quotes of a spreadsheet',
      'm.tsv',
      'path\tsentence\r\n"a,b.wav"\t"He said ""Hi"""\r\n',
      [{line: 2, audio: 'a,b.wav', text: 'He said "Hi"'}],
    ],
    ['UTF-16 with its mark', 'm.tsv', utf16('audio\ttext\r\nä.wav\tß\r\n'), [{line: 2, audio: 'ä.wav', text: 'ß'}]],
    [
      'JSON lines',
      'm.jsonl',
      '{"audio":"a.wav","id":7,"speaker":{"sex":"f"}}\n\n{"file":"b.wav","language":"de","text":""}',
      [
        {line: 1, audio: 'a.wav', id: '7'},
        {line: 3, audio: 'b.wav', language: 'de', text: ''},
      ],
    ],
    [
      'NeMo',
      'm.json',
      '{"audio_filepath":"a.wav","duration":1.5,"offset":3,"text":"x","lang":"en"}\n',
      [{line: 1, audio: 'a.wav', duration: 1.5, offset: 3, text: 'x', language: 'en'}],
    ],
    [
      'numbers and channels from text',
      'm.csv',
      'audio,offset,duration,channel\na.wav, 1e1 ,2.5,left\n',
      [{line: 2, audio: 'a.wav', offset: 10, duration: 2.5, channel: 'left'}],
    ],
    [
      'the first of several columns for one thing',
      'm.csv',
      'path,audio\nold.wav,a.wav\nb.wav,\n',
      [
        {line: 2, audio: 'a.wav'},
        {line: 3, audio: 'b.wav'},
      ],
    ],
    ['null as absent', 'm.jsonl', '{"audio":"a.wav","id":null,"offset":null}', [{line: 1, audio: 'a.wav'}]],
  ])('%s', async (_, name, content, entries) => {
    expect(await read(name, content)).toEqual(entries)
  })
})

describe('is refused with the line', () => {
  test.each([
    [
      'no column for the audio',
      'm.csv',
      'wave,text\na.wav,hi\n',
      'line 2: no audio (a column audio, path, file, audio_filepath; here: wave, text)',
    ],
    ['no rows', 'm.csv', 'audio,text\n', 'line 1: no rows'],
    ['nothing', 'm.jsonl', '', 'line 1: no rows'],
    ['fields that are missing', 'm.csv', 'audio,text\na.wav\n', 'line 2: 1 fields, but the first line has 2'],
    ['a column twice', 'm.csv', 'audio,text,text\na.wav,b,c\n', 'line 1: several columns are called text'],
    ['a quote that is never closed', 'm.csv', 'audio,text\na.wav,"hi\n', 'Quote Not Closed'],
    ['a negative offset', 'm.csv', 'audio,offset\na.wav,-1\n', 'line 2: offset "-1": below 0'],
    ['a duration of nothing', 'm.csv', 'audio,duration\na.wav,0\n', 'line 2: duration "0": not above 0'],
    [
      'an offset that is no number',
      'm.csv',
      'audio,offset\na.wav,1:30\n',
      'line 2: offset "1:30": not a number of seconds',
    ],
    [
      'an unknown channel',
      'm.csv',
      'audio,channel\na.wav,3\n',
      'line 2: channel "3": not one of mix, left, right, split',
    ],
    ['an address', 'm.csv', 'audio\nhttps://example.org/a.wav\n', 'only local files are read'],
    [
      'an id that leaves the output folder',
      'm.csv',
      'audio,id\na.wav,../x\n',
      'line 2: id "../x": cannot name an output file',
    ],
    ['an absolute id', 'm.csv', 'audio,id\na.wav,/etc/x\n', 'cannot name an output file'],
    ['the same id twice', 'm.csv', 'audio,id\na.wav,x\nb.wav,x\n', 'line 3: id "x" again, as in line 2'],
    ['the same recording twice', 'm.csv', 'audio\na.wav\nb.wav\na.wav\n', 'line 4: audio "a.wav" again, as in line 2'],
    [
      'a line that is no object',
      'm.jsonl',
      '{"audio":"a.wav"}\n[1]\n{"audio"\n',
      'line 2: not a JSON object\n  line 3: not a JSON object',
    ],
    ['a value of another kind', 'm.jsonl', '{"audio":{}}', 'line 1: audio {}: not a text'],
    ['audio', 'm.csv', Buffer.from([0x52, 0x49, 0x46, 0x46, 0xff, 0xfe, 0x00, 0x0a, 0xff]), 'not UTF-8'],
    ['a line without end', 'm.jsonl', Buffer.alloc(5 << 20, 'x'), 'line 1: not a JSON object'],
    ['a CSV line without end', 'm.csv', Buffer.alloc(5 << 20, 'x'), 'longer than a row'],
  ])('%s', async (_, name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(
      expect.objectContaining({code: 'MANIFEST_INVALID', message: expect.stringContaining(message)}),
    )
  })

  test('all problems at once, in the order of the lines, and not too many', async () => {
    const bad = Array.from({length: 30}, () => 'a.wav,-5,x y').join('\n')
    const error: Error = await read('m.csv', `audio,offset,channel\n${bad}\n`).catch(error => error)
    const lines = error.message.split('\n').slice(1)
    expect(lines).toHaveLength(21)
    expect(lines[0]).toBe('  line 2: offset "-5": below 0; channel "x y": not one of mix, left, right, split')
    expect(lines.at(-1)).toBe('  and 10 more')
  })

  test('a file that is not there', async () => {
    const path = join(await temporaryFolder(), 'gone.csv')
    await expect(readManifest(path)).rejects.toThrow(expect.objectContaining({code: 'MANIFEST_INVALID'}))
  })
})

test('a hundred thousand rows are read in a moment', async () => {
  const rows = Array.from({length: 100_000}, (_, index) => `clips/${index}.wav,"text, number ${index}",en`)
  const started = performance.now()
  expect(await read('m.csv', `audio,text,language\n${rows.join('\n')}\n`)).toHaveLength(100_000)
  expect(performance.now() - started).toBeLessThan(10_000)
})
