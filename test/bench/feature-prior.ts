/**
 * What is known of features before a recording is heard, for `normalize_prior` in a model's preprocessor_config.json:
 *
 *     npx tsx test/bench/feature-prior.ts <dataset> <frames>
 *
 * The mean of each mel band, and the deviation around it, of the speakers of a data set, each counted alike. `frames` is what the prior
 * shall weigh. Prints JSON.
 */

import {openDataset} from '../../src/pipeline/datasets/open-dataset.js'
import {createFilterBank} from '../../src/pipeline/features/filter-bank.js'
import {decodeSamples} from '../../src/pipeline/training/data/decode-recording.js'
import {filterBankOptions} from '../../src/pipeline/training/filter-bank.js'

const MELS = 80
const [dataset = '', frames = ''] = process.argv.slice(2)
const speakers = new Map<string, {sums: Float64Array; squares: Float64Array; frames: number}>()
for (const {audio, clip, channel, speaker} of (await openDataset(dataset, {})).utterances) {
  const bank = createFilterBank({...filterBankOptions({mels: MELS}), normalize: 'none'})
  const begun = bank.push(await decodeSamples({audio: audio ?? '', clip, channel}, {trimSilence: false}))
  const known = speakers.get(speaker ?? '') ?? {
    sums: new Float64Array(MELS),
    squares: new Float64Array(MELS),
    frames: 0,
  }
  speakers.set(speaker ?? '', known)
  for (const values of [begun, bank.finish().frames]) {
    for (const [index, value] of values.entries()) {
      const mel = index % MELS
      known.sums[mel] = (known.sums[mel] as number) + value
      known.squares[mel] = (known.squares[mel] as number) + value * value
    }
    known.frames += values.length / MELS
  }
}
const all = [...speakers.values()]
const meanOver = (ofOne: (own: (typeof all)[number]) => number) =>
  all.reduce((sum, own) => sum + ofOne(own), 0) / all.length
const bands = Array.from({length: MELS}, (_, mel) => {
  const of = (sums: Float64Array, {frames: own}: (typeof all)[number]) => (sums[mel] as number) / own
  const mean = meanOver(own => of(own.sums, own))
  const variance = meanOver(own => of(own.squares, own) - of(own.sums, own) ** 2)
  return {mean: Number(mean.toFixed(3)), deviation: Number(Math.sqrt(variance).toFixed(3))}
})
console.log(
  JSON.stringify({
    frames: Number(frames),
    mean: bands.map(({mean}) => mean),
    deviation: bands.map(({deviation}) => deviation),
  }),
)
