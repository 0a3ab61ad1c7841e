/**
 * What a CTC model expects of its outputs before it hears anything:
 *
 *     npx tsx test/bench/label-priors.ts <model folder> <dataset> [tokens|phones]
 *
 * The mean, over all frames of a data set, of what the model says of each output of each head, or
 * of one. Goes into `label_priors.json` of the
 * folder.
 */
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {openDataset} from '../../src/pipeline/datasets/open-dataset.js'
import {recordingFeatures} from '../../src/pipeline/features/recording-features.js'
import {openCtcNetwork} from '../../src/pipeline/models/ctc/network.js'
import {readModelFolder} from '../../src/pipeline/models/read-model-folder.js'
import {openSession} from '../../src/pipeline/runtime/open-session.js'
import {decodeSamples} from '../../src/pipeline/training/data/decode-recording.js'

const [model = '', dataset = '', head] = process.argv.slice(2)
const folder = await readModelFolder(model)
if (folder.kind !== 'ctc') throw new Error(`${model} is no CTC model.`)
const network = await openCtcNetwork(folder, path => openSession(path, {provider: 'cpu', threads: 0}))
const tokens = new Float64Array(folder.vocabulary.length)
const phones = new Float64Array(folder.phones.length)
let frames = 0

function count(logProbabilities: Float32Array, into: Float64Array): void {
  for (const [index, value] of logProbabilities.entries()) {
    const label = index % into.length
    into[label] = (into[label] as number) + Math.exp(value)
  }
}

for (const {audio, clip, channel} of (await openDataset(dataset, {})).utterances) {
  const samples = await decodeSamples({audio: audio ?? '', clip, channel}, {trimSilence: false})
  const {values, width} = recordingFeatures(samples, folder.features)
  const length = values.length / width
  const heard = network.bothHeads
    ? await network.bothHeads(values, length)
    : {characters: await network.logProbabilities(values, length), phones: new Float32Array(0)}
  count(heard.characters, tokens)
  count(heard.phones, phones)
  frames += heard.characters.length / tokens.length
}
await network.close()
const named = (labels: readonly string[], sums: Float64Array) =>
  Object.fromEntries(labels.map((label, id) => [label, Number(((sums[id] as number) / frames).toFixed(6))]))
const priors = {
  ...(head === 'phones' ? {} : {tokens: named(folder.vocabulary, tokens)}),
  ...(head === 'tokens' || folder.phones.length === 0 ? {} : {phones: named(folder.phones, phones)}),
}
writeFileSync(join(model, 'label_priors.json'), `${JSON.stringify(priors)}\n`)
