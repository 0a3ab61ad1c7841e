/**
 * Cuts the recordings of a data set between words, for training on words in an order in which nobody said them (after Lam et
 * al., "On-the-Fly Aligned Data Augmentation for Sequence-to-Sequence ASR", Interspeech 2021):
 *
 *     npx tsx test/bench/cut-words.ts <config.json> <checkpoint> <dataset> <manifest.csv>
 *
 * Where words begin is found by aligning the texts with what a checkpoint of the configuration hears. A row of the manifest is
 * one to three words of a recording; `join` in a training's data strings rows of one speaker together.
 */

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {SAMPLE_RATE_HZ} from '../../src/pipeline/audio/source.js'
import {forcedAlign} from '../../src/pipeline/decoding/ctc/align.js'
import {logSoftmax} from '../../src/pipeline/decoding/ctc/log-softmax.js'
import {seededRandom} from '../../src/pipeline/decoding/random.js'
import {SUBSAMPLING} from '../../src/pipeline/training/architectures/speech-encoder.js'
import {readCheckpoint} from '../../src/pipeline/training/checkpoint/read-checkpoint.js'
import {readTrainConfig} from '../../src/pipeline/training/config/read-train-config.js'
import {computeBatch} from '../../src/pipeline/training/data/batch-stream.js'
import {planEvaluation} from '../../src/pipeline/training/data/plan-epoch.js'
import {startEngine} from '../../src/pipeline/training/engine/start-engine.js'
import {USUAL_HOP_SAMPLES} from '../../src/pipeline/training/filter-bank.js'
import {openRun} from '../../src/pipeline/training/open-run.js'
import {spellText} from '../../src/pipeline/training/tasks/ctc/spell-text.js'

const WORDS_OF_A_ROW = [1, 1, 2, 2, 3]
const SHORTEST_SECONDS = 0.15

const [path = '', checkpoint = '', dataset = '', target = ''] = process.argv.slice(2)
const config = await readTrainConfig(path, [`data.dev=${JSON.stringify([dataset])}`, 'engine=ort-cpu'])
if (config.task !== 'ctc' || config.model.architecture !== 'conformer' || config.model.alphabet === undefined)
  throw new Error('The configuration is to be of a Conformer with an alphabet.')
const tokens = ['<pad>', ...[...config.model.alphabet].sort(), '|']
const idOf = new Map(tokens.map((token, id) => [token, id]))
const random = seededRandom('cut words')
const folder = mkdtempSync(join(tmpdir(), 'lingulu-cut-'))
const signal = AbortSignal.timeout(3.6e6)
const run = await openRun(config, {folder, earlier: undefined, emit: () => undefined, signal})
const lines = ['audio,text,speaker,start,end']
try {
  const {vectors} = await readCheckpoint(checkpoint)
  const engine = await startEngine('ort-cpu', run.task.build, {
    threads: 2,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1},
    frozen: run.task.frozen,
    initial: () => vectors,
  })
  const {threads, task, dev} = run.trainer
  if (task.features.kind !== 'filter-bank') throw new Error('The model is to hear mel bands.')
  const frameSeconds = (SUBSAMPLING * (task.features.hopSamples ?? USUAL_HOP_SAMPLES)) / SAMPLE_RATE_HZ
  for (const [index, batch] of planEvaluation(dev[0]?.items ?? [], 1).entries()) {
    const features = await computeBatch(batch, {threads, task, augment: false, key: `cut/${index}`})
    const {values, shape} = await engine.infer((await task.batch(features)).inputs)
    const item = features.rows[0]?.[0]
    const width = shape[2] ?? 0
    const frames = Math.ceil((features.lengths[0] ?? 0) / SUBSAMPLING)
    if (item === undefined) continue
    const written = new Float32Array(frames * tokens.length)
    for (let frame = 0; frame < frames; frame++)
      written.set(values.subarray(frame * width, frame * width + tokens.length), frame * tokens.length)
    logSoftmax(written, tokens.length)
    const text = spellText(item.text, 'upper')
    const targets = [...text.replaceAll(' ', '|')].map(token => idOf.get(token) ?? -1)
    const delimiter = tokens.length - 1
    const {spans} = forcedAlign({
      logProbabilities: written,
      vocabularySize: tokens.length,
      blank: 0,
      targets,
      delimiter,
    })
    // A cut is in the middle between the last letter of a word and the first of the next.
    const cuts = [
      0,
      ...targets.flatMap((token, place) => {
        const [left, right] = [spans[place - 1], spans[place + 1]]
        return token === delimiter && left && right ? [(frameSeconds * (left.end + right.start)) / 2] : []
      }),
      item.seconds,
    ]
    const words = text.split(' ')
    for (let first = 0; first < words.length; ) {
      const wanted = WORDS_OF_A_ROW[Math.floor(random() * WORDS_OF_A_ROW.length)] ?? 1
      const end = Math.min(words.length, first + wanted)
      const [from = 0, to = 0] = [cuts[first], cuts[end]]
      if (to - from >= SHORTEST_SECONDS)
        lines.push(
          [item.audio, words.slice(first, end).join(' '), item.speaker ?? '', from.toFixed(3), to.toFixed(3)].join(','),
        )
      first = end
    }
  }
  await engine.close()
} finally {
  await run.close()
  rmSync(folder, {recursive: true})
}
writeFileSync(target, `${lines.join('\n')}\n`)
console.log(`${lines.length - 1} rows in ${target}`)
