/**
 * What a checkpoint makes of data sets by the best path: word, character and phone errors.
 *
 *     npx tsx test/bench/judge-training.ts <config.json> <checkpoint> <dataset>…
 *
 * The configuration is that of the training; its data give the vocabulary. Data sets are named as in it.
 */
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readCheckpoint} from '../../src/pipeline/training/checkpoint/read-checkpoint.js'
import {readTrainConfig} from '../../src/pipeline/training/config/read-train-config.js'
import {evaluateSet} from '../../src/pipeline/training/evaluate-set.js'
import {openRun} from '../../src/pipeline/training/open-run.js'

const [path = '', checkpoint = '', ...datasets] = process.argv.slice(2)
const dev = JSON.stringify(datasets.map(text => (text.startsWith('{') ? JSON.parse(text) : text)))
const config = await readTrainConfig(path, [`data.dev=${dev}`, 'engine=ort-cpu', 'data.max_seconds=60'])
const folder = mkdtempSync(join(tmpdir(), 'lingulu-judge-'))
const run = await openRun(config, {
  folder,
  earlier: undefined,
  emit: () => undefined,
  signal: AbortSignal.timeout(3.6e6),
})
try {
  const {vectors} = await readCheckpoint(checkpoint)
  const {startEngine} = await import('../../src/pipeline/training/engine/start-engine.js')
  const engine = await startEngine('ort-cpu', run.task.build, {
    threads: 2,
    adamW: {beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: 1},
    frozen: run.task.frozen,
    initial: () => vectors,
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
