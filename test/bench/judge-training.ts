/**
 * What a model that `model.from` can take, a checkpoint say or a mean of some, makes of data sets without a search: word,
 * character and phone errors.
 *
 *     npx tsx test/bench/judge-training.ts <config.json> <model folder> <dataset>…
 *
 * The configuration is that of the training; its data give the vocabulary, and with `model.crf` the grammar of the likeliest
 * labels, in place of the best path. Data sets are named as in it.
 */
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readTrainConfig} from '../../src/pipeline/training/config/read-train-config.js'
import {evaluateSet} from '../../src/pipeline/training/evaluate-set.js'
import {openRun} from '../../src/pipeline/training/open-run.js'

const [path = '', model = '', ...datasets] = process.argv.slice(2)
const dev = JSON.stringify(datasets.map(text => (text.startsWith('{') ? JSON.parse(text) : text)))
const config = await readTrainConfig(path, [
  `data.dev=${dev}`,
  `model.from=${model}`,
  'engine=ort-cpu',
  'data.max_seconds=60',
])
const folder = mkdtempSync(join(tmpdir(), 'lingulu-judge-'))
const run = await openRun(config, {
  folder,
  earlier: undefined,
  emit: () => undefined,
  signal: AbortSignal.timeout(3.6e6),
})
try {
  const {startEngine} = await import('../../src/pipeline/training/engine/start-engine.js')
  const engine = await startEngine('ort-cpu', run.task.build, {
    threads: 2,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1},
    frozen: run.task.frozen,
    initial: places => {
      const parameters = run.task.initial(places, Math.random)
      return {parameters, first: parameters.map(() => 0), second: parameters.map(() => 0), steps: 0}
    },
  })
  for (const set of run.trainer.dev) {
    const {utterances, metrics} = await evaluateSet(set, {
      task: run.task,
      engine,
      threads: run.trainer.threads,
      rows: 16,
    })
    const rates = Object.entries(metrics).map(([name, rate]) => `${name} ${(100 * (rate ?? Number.NaN)).toFixed(2)} %`)
    console.log(`${set.name}: ${utterances} recordings, ${rates.join(', ')}`)
  }
  await engine.close()
} finally {
  await run.close()
  rmSync(folder, {recursive: true})
}
