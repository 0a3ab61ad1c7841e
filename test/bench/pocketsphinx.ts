/**
 * What PocketSphinx with its US English model makes of a data set, for comparison:
 *
 *     apt-get install pocketsphinx pocketsphinx-en-us
 *     npx tsx test/bench/pocketsphinx.ts <dataset> <hypotheses.jsonl> [flags of pocketsphinx_batch]
 *     npx lingulu evaluate <dataset> --from <hypotheses.jsonl>
 *
 * or what it makes of recordings without texts, to learn from: a manifest of those of which it heard three words or more.
 *
 *     npx tsx test/bench/pocketsphinx.ts <dataset> <manifest.csv>
 *
 * All recordings are decoded to 16 kHz by lingulu, and recognised by one process with its defaults. Prints the time.
 */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {execa} from 'execa'
import {SAMPLE_RATE_HZ} from '../../src/pipeline/audio/source.js'
import {openDataset} from '../../src/pipeline/datasets/open-dataset.js'
import {decodeSamples, toSixteenBits} from '../../src/pipeline/training/data/decode-recording.js'

/** Of a recording that is worth learning from. */
const LEAST_WORDS = 3
const MODEL = '/usr/share/pocketsphinx/model/en-us'
const [dataset = '', target = '', ...flags] = process.argv.slice(2)
const {utterances} = await openDataset(dataset, {})
const folder = mkdtempSync(join(tmpdir(), 'lingulu-sphinx-'))
try {
  let seconds = 0
  for (const [index, {audio, clip, channel}] of utterances.entries()) {
    const samples = toSixteenBits(await decodeSamples({audio: audio ?? '', clip, channel}, {trimSilence: false}))
    seconds += samples.length / SAMPLE_RATE_HZ
    writeFileSync(join(folder, `${index}.raw`), samples)
  }
  writeFileSync(join(folder, 'list'), utterances.map((_, index) => `${index}\n`).join(''))
  const began = performance.now()
  const paths = ['-cepdir', folder, '-ctl', join(folder, 'list'), '-hyp', join(folder, 'hyp')]
  const model = ['-hmm', `${MODEL}/en-us`, '-lm', `${MODEL}/en-us.lm.bin`, '-dict', `${MODEL}/cmudict-en-us.dict`]
  await execa('pocketsphinx_batch', ['-adcin', 'yes', '-cepext', '.raw', ...paths, ...model, ...flags])
  const spent = (performance.now() - began) / 1000
  // `THE WORDS (3 -2134)`: what was heard, the name and a score.
  const heard = new Map(
    readFileSync(join(folder, 'hyp'), 'utf8')
      .trim()
      .split('\n')
      .map(line => {
        const [, text = '', name = ''] = /^(.*?)\s*\((\d+) [^)]*\)$/.exec(line) ?? []
        return [name, text] as const
      }),
  )
  // `read(2)` is the second way to say `read`.
  const texts = utterances.map((_, index) => (heard.get(`${index}`) ?? '').replace(/\(\d+\)/g, ''))
  const rows = target.endsWith('.csv')
    ? [
        'id,audio,text,speaker',
        ...utterances.flatMap(({id, audio, speaker}, index) => {
          const text = texts[index] ?? ''
          return text.split(' ').length < LEAST_WORDS ? [] : [`${id},${resolve(audio ?? '')},${text},${speaker ?? ''}`]
        }),
      ]
    : utterances.map(({id}, index) => JSON.stringify({id, text: texts[index]}))
  writeFileSync(target, `${rows.join('\n')}\n`)
  console.log(`${utterances.length} recordings, ${seconds.toFixed(0)} s, in ${spent.toFixed(1)} s of one core`)
} finally {
  rmSync(folder, {recursive: true})
}
