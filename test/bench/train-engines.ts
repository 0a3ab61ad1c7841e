/*
 * How long does a training step take on each engine? A Conformer of 3 million parameters with CTC, 16 rows of 320 frames
 * (3.2 s) of 80 mels, dropout 0.1, AdamW: one process for each engine, which take turns.
 *
 *   npx tsx test/bench/train-engines.ts [rounds, default 5] [engines, default ort-cpu tfjs-node tfjs-wasm]
 */
import {availableParallelism, loadavg} from 'node:os'
import {startAskedProcess} from '../../src/pipeline/runtime/asked-process.js'
import {ENGINES} from '../../src/pipeline/training/engine/engine-names.js'
import type {Measured, TrainQuestion} from './train-engines-child.js'

const STEPS = 2

const [rounds = '5', ...named] = process.argv.slice(2)
const names = ENGINES.filter(name =>
  (named.length === 0 ? ['ort-cpu', 'tfjs-node', 'tfjs-wasm'] : named).includes(name),
)
const threads = availableParallelism()
const processes = names.map(engine => ({
  engine,
  times: [] as number[],
  cpuTimes: [] as number[],
  child: startAskedProcess<TrainQuestion, Measured>(new URL('./train-engines-child.ts', import.meta.url), {
    who: `The process that measures ${engine}`,
  }),
}))
console.log(`${threads} threads, load ${loadavg()[0]?.toFixed(1)} before`)
for (let round = 0; round <= Number(rounds); round++) {
  for (const {engine, times, cpuTimes, child} of processes) {
    const {milliseconds, cpuMilliseconds, loss, parameters} = await child.ask({engine, threads, steps: STEPS})
    console.log(`round ${round}, ${engine}: ${milliseconds.map(time => time.toFixed(0)).join(', ')} ms`)
    // The first round grows memory and chooses kernels.
    if (round > 0) {
      times.push(...milliseconds)
      cpuTimes.push(cpuMilliseconds)
    } else
      console.log(
        `${engine}: ${(parameters / 1e6).toFixed(2)} M parameters, loss after ${STEPS} steps ${loss.toFixed(3)}`,
      )
  }
}
console.log(`load ${loadavg()[0]?.toFixed(1)} after`)
for (const {engine, times, cpuTimes, child} of processes) {
  const sorted = times.sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  console.log(
    `${engine}: median ${median?.toFixed(0)} ms, fastest ${sorted[0]?.toFixed(0)} ms, processor time ${Math.min(...cpuTimes).toFixed(0)} ms (${sorted.length} steps)`,
  )
  await child.close()
}
