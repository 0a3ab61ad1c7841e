import {symlink} from 'node:fs/promises'
import {join, relative} from 'node:path'
import {describe, expect, test} from 'vitest'
import {formatProblem} from '../../../src/pipeline/datasets/dataset-problems.js'
import {type ReadDatasetOptions, readDataset} from '../../../src/pipeline/datasets/read-dataset.js'
import type {Utterance} from '../../../src/pipeline/datasets/utterance.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'
import {writeFiles} from './write-files.js'

type Files = Readonly<Record<string, string | Buffer>>

/** What there is of an utterance, with paths as seen from the folder, and neither place nor empty columns. */
function brief(utterance: Utterance, folder: string) {
  const {place: _, audio, columns, ...others} = utterance
  const some = Object.entries({...others, audio: audio && relative(folder, audio)}).filter(
    ([, value]) => value !== undefined,
  )
  return {...Object.fromEntries(some), ...(Object.keys(columns).length > 0 && {columns})}
}

async function read(files: Files, path = '.', options: ReadDatasetOptions = {}) {
  const folder = await writeFiles(files)
  const {problems, utterances, ...dataset} = await readDataset(join(folder, path), options)
  return {
    ...dataset,
    folder,
    utterances: utterances.map(utterance => brief(utterance, folder)),
    places: utterances.map(({place}) => `${relative(folder, place.file)}:${place.line}`),
    problems: problems.map(problem =>
      `${problem.severity} ${formatProblem(problem, folder)}`.replaceAll(`${folder}/`, ''),
    ),
    kinds: problems.map(({kind}) => kind),
  }
}

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])

describe('layouts', () => {
  const cases: [string, Files, string, string, RegExp, object[]][] = [
    [
      'LibriSpeech, with what SPEAKERS.TXT tells',
      {
        'LibriSpeech/SPEAKERS.TXT': ';ID  |SEX| SUBSET |MINUTES| NAME\n7    | F | dev-clean  | 8.0 | A Name | of two\n',
        'LibriSpeech/dev-clean/7/11/7-11.trans.txt': '7-11-0000 THE FIRST\r\n7-11-0001 THE SECOND  \r\n',
        'LibriSpeech/dev-clean/7/11/7-11-0000.flac': '',
        'LibriSpeech/dev-clean/7/11/7-11-0001.flac': '',
        'LibriSpeech/test-other/10/2/10-2.trans.txt': '10-2-0000 OTHER',
        'LibriSpeech/test-other/10/2/10-2-0000.wav': '',
      },
      '.',
      'librispeech',
      /LibriSpeech, by transcripts such as LibriSpeech\/dev-clean\/7\/11\/7-11\.trans\.txt/,
      [
        {
          id: '7-11-0000',
          audio: 'LibriSpeech/dev-clean/7/11/7-11-0000.flac',
          text: 'THE FIRST',
          speaker: '7',
          columns: {subset: 'dev-clean', chapter: '11', gender: 'F'},
        },
        {
          id: '7-11-0001',
          audio: 'LibriSpeech/dev-clean/7/11/7-11-0001.flac',
          text: 'THE SECOND',
          speaker: '7',
          columns: {subset: 'dev-clean', chapter: '11', gender: 'F'},
        },
        {
          id: '10-2-0000',
          audio: 'LibriSpeech/test-other/10/2/10-2-0000.wav',
          text: 'OTHER',
          speaker: '10',
          columns: {subset: 'test-other', chapter: '2'},
        },
      ],
    ],
    [
      'Kaldi, whose paths begin where the recipe ran',
      {
        'data/test/wav.scp': 'u1 waves/a b.wav \nu2 waves/c.wav\n',
        'data/test/text': 'u1 hello there\nu2\tgood bye\n',
        'data/test/utt2spk': 'u1 s1\nu2 s2\n',
        'data/test/spk2gender': 's1 f\ns2 m\n',
        'data/test/utt2dur': 'u1 1.25\n',
        'data/test/reco2dur': 'u1 9\nu2 2.5\n',
        'data/test/utt2lang': 'u1 en\n',
        'data/test/utt2snr': 'u2 15\n',
        'waves/a b.wav': '',
        'waves/c.wav': '',
      },
      'data/test',
      'kaldi',
      /data folder of Kaldi/,
      [
        {
          id: 'u1',
          text: 'hello there',
          speaker: 's1',
          language: 'en',
          durationSeconds: 1.25,
          audio: 'waves/a b.wav',
          columns: {gender: 'f'},
        },
        {
          id: 'u2',
          text: 'good bye',
          speaker: 's2',
          durationSeconds: 2.5,
          audio: 'waves/c.wav',
          columns: {gender: 'm', snr: '15'},
        },
      ],
    ],
    [
      'Kaldi with segments',
      {
        'wav.scp': 'rec long.wav\n',
        segments: 'a rec 0.5 1.3\nb rec 2 -1\nc rec 1.1 1.3 1\n',
        text: 'a one\nb two\nc three\n',
        'long.wav': '',
      },
      'segments',
      'kaldi',
      /Kaldi/,
      [
        {
          id: 'a',
          text: 'one',
          audio: 'long.wav',
          clip: {offsetSeconds: 0.5, durationSeconds: 0.8},
          durationSeconds: 0.8,
        },
        {id: 'b', text: 'two', audio: 'long.wav', clip: {offsetSeconds: 2}},
        {
          id: 'c',
          text: 'three',
          audio: 'long.wav',
          channel: 'right',
          clip: {offsetSeconds: 1.1, durationSeconds: 0.2},
          durationSeconds: 0.2,
        },
      ],
    ],
    [
      'the parts of a corpus in Kaldi’s folders, as speechocean762 is published',
      {
        'test/wav.scp': '01 WAVE/01.WAV\n',
        'test/text': '01\tGO ON\n',
        'test/spk2age': '0101 7\n',
        'test/utt2spk': '01 0101\n',
        'train/wav.scp': '02 WAVE/02.WAV\n',
        'train/text': '02\tSTOP\n',
        'WAVE/01.WAV': '',
        'WAVE/02.WAV': '',
      },
      '.',
      'kaldi',
      /2 data folders of Kaldi: test, train/,
      [
        {id: '01', text: 'GO ON', speaker: '0101', audio: 'WAVE/01.WAV', columns: {split: 'test', age: '7'}},
        {id: '02', text: 'STOP', audio: 'WAVE/02.WAV', columns: {split: 'train'}},
      ],
    ],
    [
      'NeMo, where a duration alone cuts nothing',
      {
        'm.json':
          '{"audio_filepath":"a.wav","duration":2.5,"text":"x","lang":"en","snr":12.5}\n{"audio_filepath":"a.wav","offset":1,"duration":0.5,"text":"y","pred_text":"z"}\n',
        'a.wav': '',
      },
      'm.json',
      'nemo',
      /NeMo/,
      [
        {id: 'a', text: 'x', language: 'en', durationSeconds: 2.5, audio: 'a.wav', columns: {snr: '12.5'}},
        {
          id: 'a.1000',
          text: 'y',
          clip: {offsetSeconds: 1, durationSeconds: 0.5},
          durationSeconds: 0.5,
          audio: 'a.wav',
          columns: {pred_text: 'z'},
        },
      ],
    ],
    [
      'Common Voice',
      {
        'en/test.tsv':
          'client_id\tpath\tsentence\tup_votes\tage\tgender\taccents\tlocale\nc1\tone.mp3\t"Well," she said.\t2\ttwenties\tfemale\t\ten\nc2\ttwo\tNo.\t3\t\t\tScottish\ten\n',
        'en/clip_durations.tsv': 'clip\tduration[ms]\none.mp3\t1500\n',
        'en/clips/one.mp3': '',
        'en/clips/two.mp3': '',
        'en/clips/of-others.mp3': '',
      },
      'en/test.tsv',
      'common-voice',
      /Common Voice, test.tsv, with clips\//,
      [
        {
          id: 'one',
          text: '"Well," she said.',
          speaker: 'c1',
          language: 'en',
          durationSeconds: 1.5,
          audio: 'en/clips/one.mp3',
          columns: {up_votes: '2', age: 'twenties', gender: 'female'},
        },
        {
          id: 'two',
          text: 'No.',
          speaker: 'c2',
          language: 'en',
          audio: 'en/clips/two.mp3',
          columns: {up_votes: '3', accents: 'Scottish'},
        },
      ],
    ],
    [
      'audiofolder with metadata in folders of splits',
      {
        'data/test/metadata.csv': 'file_name,transcription\na.wav,one\n',
        'data/test/a.wav': '',
        'data/train/metadata.jsonl': '{"file_name":"sub/a.wav","text":"two","accent":"x"}\n',
        'data/train/sub/a.wav': '',
      },
      '.',
      'audiofolder',
      /audiofolder, by 2 files/,
      [
        {id: 'data/test/a', text: 'one', audio: 'data/test/a.wav', columns: {split: 'test'}},
        {id: 'data/train/sub/a', text: 'two', audio: 'data/train/sub/a.wav', columns: {split: 'train', accent: 'x'}},
      ],
    ],
    [
      'STM, with channels where a recording has two, and without what is to be ignored',
      {
        'talk.stm':
          ';; a comment\ntalk 1 inter_segment_gap 0.00 1.10 <o,,> ignore_time_segment_in_scoring\ntalk 1 Ann 1.10 3.35 <o,f0,female> well then\ncall A Bo 0 1 hello\ncall B Cy 1 2.5\n',
        'talk.sph': '',
        'call.wav': '',
      },
      'talk.stm',
      'stm',
      /STM, talk\.stm\. 1 segment marked to be ignored left out\./,
      [
        {
          id: 'talk_0001100-0003350',
          audio: 'talk.sph',
          clip: {offsetSeconds: 1.1, durationSeconds: 2.25},
          durationSeconds: 2.25,
          text: 'well then',
          speaker: 'Ann',
          columns: {label: 'o,f0,female'},
        },
        {
          id: 'call_left_0000000-0001000',
          audio: 'call.wav',
          clip: {offsetSeconds: 0, durationSeconds: 1},
          channel: 'left',
          durationSeconds: 1,
          text: 'hello',
          speaker: 'Bo',
        },
        {
          id: 'call_right_0001000-0002500',
          audio: 'call.wav',
          clip: {offsetSeconds: 1, durationSeconds: 1.5},
          channel: 'right',
          durationSeconds: 1.5,
          text: '',
          speaker: 'Cy',
        },
      ],
    ],
    [
      'STM in a folder beside that of the recordings',
      {'stm/a.stm': 'a 1 s 0 1 x\n', 'sph/a.sph': ''},
      'stm',
      'stm',
      /STM/,
      [
        {
          id: 'a_0000000-0001000',
          audio: 'sph/a.sph',
          clip: {offsetSeconds: 0, durationSeconds: 1},
          durationSeconds: 1,
          text: 'x',
          speaker: 's',
        },
      ],
    ],
    [
      'TRN, with recordings called as its ids',
      {'ref.trn': 'so it (is) (ann-01)\n(bo_2)\n', 'audio/ann-01.opus': '', 'audio/bo_2.flac': ''},
      '.',
      'trn',
      /TRN, ref\.trn/,
      [
        {id: 'ann-01', text: 'so it (is)', speaker: 'ann', audio: 'audio/ann-01.opus'},
        {id: 'bo_2', text: '', speaker: 'bo', audio: 'audio/bo_2.flac'},
      ],
    ],
    [
      'LJSpeech, by its written-out text',
      {
        'metadata.csv': 'X-1|In 1920, "yes"|In nineteen twenty, "yes"\nX-2|Plain.|Plain.\nX-3|Alone\n',
        'wavs/X-1.wav': '',
        'wavs/X-2.wav': '',
        'wavs/X-3.wav': '',
      },
      '.',
      'ljspeech',
      /LJSpeech/,
      [
        {id: 'X-1', text: 'In nineteen twenty, "yes"', audio: 'wavs/X-1.wav', columns: {written: 'In 1920, "yes"'}},
        {id: 'X-2', text: 'Plain.', audio: 'wavs/X-2.wav'},
        {id: 'X-3', text: 'Alone', audio: 'wavs/X-3.wav'},
      ],
    ],
    [
      'spoken digits',
      {'recordings/10_x.txt': '', 'recordings/7_theo_12.wav': '', 'recordings/0_ann_4.wav': ''},
      '.',
      'fsdd',
      /spoken digits/,
      [
        {
          id: '0_ann_4',
          text: 'zero',
          speaker: 'ann',
          language: 'en',
          audio: 'recordings/0_ann_4.wav',
          columns: {digit: '0', split: 'test'},
        },
        {
          id: '7_theo_12',
          text: 'seven',
          speaker: 'theo',
          language: 'en',
          audio: 'recordings/7_theo_12.wav',
          columns: {digit: '7', split: 'train'},
        },
      ],
    ],
    [
      'a table in UTF-16, with start and end, and a recording outside its folder',
      {
        'lists/all.tsv': utf16(
          'path\tsentence\tstart\tend\tAccent\r\n../a.wav\tß one \t0.1\t0.3\tx\r\n../a.wav\ttwo\t1\t2\t\r\n',
        ),
        'a.wav': '',
      },
      'lists/all.tsv',
      'table',
      /table of recordings, all\.tsv/,
      [
        {
          id: 'a.100',
          text: 'ß one',
          audio: 'a.wav',
          clip: {offsetSeconds: 0.1, durationSeconds: 0.2},
          durationSeconds: 0.2,
          columns: {accent: 'x'},
        },
        {id: 'a.1000', text: 'two', audio: 'a.wav', clip: {offsetSeconds: 1, durationSeconds: 1}, durationSeconds: 1},
      ],
    ],
    [
      'the one table of a folder, with a byte order mark and ids with spaces',
      {'list.csv': '\ufeffid;audio;text\r\nu 1;a b.wav;one, two\r\n', 'a b.wav': ''},
      '.',
      'table',
      /list\.csv/,
      [{id: 'u 1', text: 'one, two', audio: 'a b.wav'}],
    ],
  ]

  test.each(cases)('%s', async (_, files, path, layout, sentence, expected) => {
    const dataset = await read(files, path)
    expect(dataset.utterances).toEqual(expected)
    expect(dataset.problems.filter(problem => problem.startsWith('error'))).toEqual([])
    expect(dataset.layout).toBe(layout)
    expect(dataset.recognition).toMatch(sentence)
  })
})

describe('columns', () => {
  const files = {'m.csv': 'Sentence A,Wave,who,text\nhello,a.wav,ann,not this\n', 'a.wav': ''}

  test('are mapped as the user says, whatever else is there', async () => {
    const columns = {text: 'Sentence A', audio: 'wave', speaker: 'who'}
    expect((await read(files, 'm.csv', {columns})).utterances).toEqual([
      {id: 'a', text: 'hello', speaker: 'ann', audio: 'a.wav', columns: {text: 'not this'}},
    ])
  })

  test('that no row has are an error which names the nearest', async () => {
    await expect(read(files, 'm.csv', {columns: {audio: 'wavv'}})).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('has no column "wavv"'),
      hint: 'Did you mean wave?',
    })
  })

  test('mean nothing where there are none', async () => {
    await expect(read({'ref.trn': 'a (b)\n'}, '.', {columns: {text: 'x'}})).rejects.toMatchObject({code: 'USAGE'})
  })

  test('called as parts of every object are columns like any other', async () => {
    const {utterances} = await read({
      'm.jsonl': '{"audio":"a.wav","text":"x","__proto__":"p","constructor":"c"}',
      'a.wav': '',
    })
    expect(Object.entries((utterances[0] as {columns: object}).columns)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ])
  })
})

describe('problems', () => {
  const cases: [string, Files, string, string[]][] = [
    [
      'rows: numbers, times, paths and forms',
      {
        'm.csv':
          'audio,text,start,end,channel\na.wav,x,one,2,\na.wav,x,3,2,\na.wav,x,-1,2,\na.wav,x,0,1,middle\nfile:///a.wav,x,,,\na.wav,x\n',
        'a.wav': '',
      },
      'm.csv',
      [
        'error m.csv, line 2: start "one": not a number of seconds',
        'error m.csv, line 3: end "2": not after the start',
        'error m.csv, line 4: start "-1": below 0',
        'error m.csv, line 5: channel "middle": not one of mix, left, right, split',
        'error m.csv, line 6: audio "file:///a.wav": an address; give the path',
        'error m.csv, line 7: 2 fields, but the first line has 5',
      ],
    ],
    [
      'ids, recordings and references',
      {
        'm.jsonl':
          '{"id":"u","audio":"a.wav","text":"x"}\n{"id":"u","audio":"b.wav","text":""}\n{"id":"v","audio":"./a.wav","text":"y"}\n{"id":"w","audio":"gone.wav"}\n{"id":"z","text":"z"}\nnonsense\n{"id":"f","audio":"folder","text":"x"}\n',
        'a.wav': '',
        'b.wav': '',
        'folder/x': '',
      },
      'm.jsonl',
      [
        'error m.jsonl, line 2: id "u" again, as in line 1',
        'warning m.jsonl, line 2: the reference of "u" is empty',
        'warning m.jsonl, line 3: a.wav again, as in line 1',
        'error m.jsonl, line 4: has no reference',
        'error m.jsonl, line 4: gone.wav: no such file or folder',
        'error m.jsonl, line 5: names no recording',
        'error m.jsonl, line 6: not a JSON object',
        'error m.jsonl, line 7: folder: is a folder',
      ],
    ],
    [
      'parts of a recording may follow each other, but not be the same',
      {'m.csv': 'audio,text,start,end\na.wav,x,0,1\na.wav,y,1,2\na.wav,z,0,1\n', 'a.wav': ''},
      'm.csv',
      ['warning m.csv, line 4: the same part of a.wav again, as in line 2'],
    ],
    [
      'a field that no row has is one problem',
      {'m.csv': 'id,words\na,x\nb,y\n'},
      'm.csv',
      [
        'error m.csv: no column of recordings (audio, path, file, audio_filepath …; here: id, words)',
        'error m.csv: no column of references (text, sentence, transcript, transcription …; here: id, words)',
      ],
    ],
    ['nothing at all', {'m.csv': 'audio,text\n'}, 'm.csv', ['error m.csv: there is not one utterance']],
    [
      'text that is none from some line on',
      {'m.csv': Buffer.concat([Buffer.from('audio,text\na.wav,x\n'), Buffer.from([0xff, 0xfe, 0x80])]), 'a.wav': ''},
      'm.csv',
      ['error m.csv, line 1: not UTF-8 text from here on'],
    ],
    [
      'recordings of the folder that no line names',
      {'m.csv': 'audio,text\na.wav,x\n', 'a.wav': '', 'b.wav': '', 'sub/c.flac': '', 'notes.txt': ''},
      '.',
      ['warning : 2 recordings without a reference: b.wav, sub/c.flac'],
    ],
    [
      'LibriSpeech: recordings without a line, lines without a recording',
      {'7/1/7-1.trans.txt': '7-1-0 A\n7-1-1 B\n', '7/1/7-1-0.flac': '', '7/1/7-1-2.flac': '', '7/2/7-2-0.flac': ''},
      '.',
      [
        'warning 7/1: a recording without a reference: 7-1-2.flac',
        'warning 7/2: a recording without a reference: 7-2-0.flac',
        'error 7/1/7-1.trans.txt, line 2: 7/1/7-1-1.flac: no such file or folder',
      ],
    ],
    [
      'Kaldi: commands, archives, lists that do not fit each other',
      {
        'wav.scp': 'a sph2pipe -f wav a.sph |\nb feats.ark:123\nc c.wav\nc c.wav\nd c.wav\n',
        text: 'a one\nb two\nc three\nx four\n',
        'c.wav': '',
      },
      '.',
      [
        'error wav.scp, line 1: "a" is made by a command (it ends in |), and no command of a data set is run: convert the recordings, then list their paths',
        'error wav.scp, line 2: "b" lies in an archive (.ark): copy it to a file of its own, then list its path',
        'error wav.scp, line 4: "c" again, as in line 3',
        'error wav.scp, line 5: "d" has no line in text',
        'error text, line 4: "x" has no line in wav.scp',
      ],
    ],
    [
      'Kaldi: segments',
      {
        'wav.scp': 'r a.wav\n',
        segments: 'a r 1 1\nb r x 2\nc r 1\n',
        text: 'a one\nb two\nc three\nd four\n',
        'a.wav': '',
      },
      '.',
      [
        'error segments, line 1: "r 1 1": the end is not after the start',
        'error segments, line 2: "r x 2": start and end are not seconds',
        'error segments, line 3: "r 1": not recording, start and end',
        'error text, line 4: "d" has no line in segments',
      ],
    ],
    [
      'STM: rows and recordings',
      {'a.stm': 'a 1 s 2 1 x\na 3 s 0 1 x\na 1\nb 1 s 0 1 y\n', 'a.wav': ''},
      'a.stm',
      [
        'error a.stm, line 1: "a 1 s 2 1 x": the end is not after the start',
        'error a.stm, line 2: "a 3 s 0 1 x": channel 3 is not 1 or 2 (A or B)',
        'error a.stm, line 3: "a 1": not file, channel, speaker, start, end and text',
        'error a.stm, line 4: no recording is called b',
      ],
    ],
    [
      'TRN without recordings: one problem, not one a line',
      {'a.trn': 'one (u1)\ntwo (u2)\nthree\n'},
      'a.trn',
      ['error : there is no recording beside the TRN', 'error a.trn, line 3: "three": no (id) at its end'],
    ],
  ]

  test.each(cases)('%s', async (_, files, path, expected) => {
    const dataset = await read(files, path)
    const shown = dataset.problems.map(problem => problem.replace(/ \/\S*lingulu-test-\w+: /, ' : '))
    expect(shown).toEqual(expected)
  })

  test('of recordings are none where they are not asked for', async () => {
    const files = {'m.jsonl': '{"id":"a","audio":"gone.wav","text":"x"}\n{"id":"b","text":"y"}\n'}
    const {utterances, problems} = await read(files, '.', {audio: 'ignored'})
    expect(problems).toEqual([])
    expect(utterances).toHaveLength(2)
  })
})

test('ids that rows do not give are their own, also for recordings of the same name', async () => {
  const files = {
    'm.csv': 'audio,text\na.wav,x\na.flac,y\na.wav,z\nsub/a.wav,w\n',
    'a.wav': '',
    'a.flac': '',
    'sub/a.wav': '',
  }
  const {utterances, kinds} = await read(files, 'm.csv')
  expect(utterances.map(utterance => 'id' in utterance && utterance.id)).toEqual(['a', 'a#3', 'a#4', 'sub/a'])
  expect(kinds).toEqual(['duplicate-audio'])
})

test('a column that is empty throughout is there all the same', async () => {
  const files = {'m.csv': 'audio,text,who\na.wav,,\n', 'a.wav': ''}
  const {utterances, kinds} = await read(files, 'm.csv', {columns: {speaker: 'who'}})
  expect(utterances).toEqual([{id: 'a', text: '', audio: 'a.wav'}])
  expect(kinds).toEqual(['empty-reference'])
})

test('more problems than a call takes arguments are all told', async () => {
  const rows = 130_000
  const {problems} = await read({'m.csv': `audio,text\n${'gone.wav,x\n'.repeat(rows)}`}, 'm.csv')
  expect(problems).toHaveLength(2 * rows - 1) // missing each, and repeated all but one
})

test.each([
  ['a folder, also one with dots in it', '.', 'cv-corpus-17.0'],
  ['a file by its folder', 'test.csv', 'cv-corpus-17.0/test'],
])('%s gives its name', async (_, path, name) => {
  const folder = join(await temporaryFolder(), 'cv-corpus-17.0')
  await writeFiles({'test.csv': 'audio,text\na.wav,x\n', 'a.wav': ''}, folder)
  expect(await readDataset(join(folder, path))).toMatchObject({name})
})

test('links in a circle end', async () => {
  const folder = await writeFiles({'1/2/1-2.trans.txt': '1-2-0 A\n', '1/2/1-2-0.flac': ''})
  await symlink('..', join(folder, '1', 'up'))
  await symlink('up', join(folder, 'up'))
  expect((await readDataset(folder)).utterances).toHaveLength(1)
})

test('what is missing among many files of a folder is found', async () => {
  const names = Array.from({length: 100}, (_, index) => `${index}.wav`)
  const rows = [...names, 'gone.wav', 'link.wav', 'broken.wav'].map(name => `${name},x\n`)
  const folder = await writeFiles({
    ...Object.fromEntries(names.map(name => [`audio/${name}`, ''])),
    'm.csv': `audio,text\n${rows.map(row => `audio/${row}`).join('')}`,
  })
  await symlink('1.wav', join(folder, 'audio/link.wav'))
  await symlink('nowhere.wav', join(folder, 'audio/broken.wav'))
  const {problems} = await readDataset(join(folder, 'm.csv'))
  expect(problems.map(({kind, line}) => [kind, line])).toEqual([
    ['missing-audio', 102],
    ['missing-audio', 104],
  ])
})

describe('a path that is no data set', () => {
  test.each([
    ['a path that leads nowhere', {}, 'gone', 'auto', 'USAGE', /no such file/],
    [
      'a folder of something else',
      {'a.txt': 'x'},
      '.',
      'auto',
      'MANIFEST_INVALID',
      /Looked for\n {2}kaldi: .*\n.*librispeech/,
    ],
    [
      'another layout than was asked for',
      {'m.csv': 'audio,text\n'},
      'm.csv',
      'stm',
      'MANIFEST_INVALID',
      /layout stm.*\n {2}stm: \*\.stm/,
    ],
    [
      'several tables',
      {'a.csv': 'audio\n', 'b.csv': 'audio\n'},
      '.',
      'auto',
      'MANIFEST_INVALID',
      /several tables: a\.csv, b\.csv/,
    ],
    ['Parquet', {'metadata.parquet': 'PAR1'}, '.', 'auto', 'MANIFEST_INVALID', /Parquet is not read/],
  ] as const)('%s', async (_, files, path, layout, code, message) => {
    await expect(read(files, path, {layout})).rejects.toMatchObject({code, message: expect.stringMatching(message)})
  })

  test('reading ends when it is aborted', async () => {
    const folder = await writeFiles({'m.csv': 'audio,text\na.wav,x\n', 'a.wav': ''})
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(readDataset(join(folder, 'm.csv'), {signal})).rejects.toThrow('enough')
  })
})

describe('the hash', () => {
  const hashOf = async (files: Files, path = 'm.csv') => (await read({...files, 'a.wav': '', 'b/a.wav': ''}, path)).hash

  test('is that of what is asked, wherever and however it is written', async () => {
    const hashes = [
      await hashOf({'m.csv': 'id,audio,text\nu,a.wav,x y\n'}),
      await hashOf({'n.jsonl': '{"text":"x y","id":"u","audio":"b/a.wav","accent":"z"}'}, 'n.jsonl'),
    ]
    expect(new Set(hashes).size).toBe(1)
  })

  test.each(['id,audio,text\nv,a.wav,x y\n', 'id,audio,text\nu,a.wav,x  y\n', 'id,audio,text,offset\nu,a.wav,x y,1\n'])(
    'is another for %j',
    async content =>
      expect(await hashOf({'m.csv': content})).not.toBe(await hashOf({'m.csv': 'id,audio,text\nu,a.wav,x y\n'})),
  )
})

test('our samples are a data set without problems', async () => {
  const dataset = await readDataset('datasets/samples')
  expect(dataset).toMatchObject({name: 'samples', layout: 'table', problems: []})
  expect(dataset.utterances).toHaveLength(8)
})

describe.skipIf(!hasSharedData)(`published corpora${needsSharedData}`, () => {
  test.each([
    ['speechocean762/test.csv', 'table', 1260, 63],
    ['speechocean762/train.csv', 'table', 2500, 125],
    ['lj-readings', 'table', 141, 1],
    ['librispeech', 'librispeech', 50, 5],
    ['librispeech/LibriSpeech/test-other/2609', 'librispeech', 10, 1],
    ['fsdd', 'table', 3000, 6],
    ['fsdd/audio', 'fsdd', 3000, 6],
  ])('%s', async (path, layout, utterances, speakers) => {
    const dataset = await readDataset(sharedData(path))
    expect(dataset.problems).toEqual([])
    expect(dataset.layout).toBe(layout)
    expect(dataset.utterances).toHaveLength(utterances)
    expect(new Set(dataset.utterances.map(({speaker}) => speaker)).size).toBe(speakers)
  })
})
