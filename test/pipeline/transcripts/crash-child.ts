import {appendFileSync} from 'node:fs'
import {runFakeBatch} from './fake-batch.js'

/** A batch in a process of its own, to be killed. `dieAtStep`: it kills itself there. */
export interface CrashChildOptions {
  readonly input: string
  readonly outputDir: string
  readonly log: string
  readonly dieAtStep?: number | undefined
}

const {input, outputDir, log, dieAtStep}: CrashChildOptions = JSON.parse(process.argv[2]!)
let step = 0
process.stdout.write('ready\n')
await runFakeBatch({
  inputs: [input],
  outputDir,
  resume: true,
  concurrency: 2,
  decodeMilliseconds: 4,
  onDecode: name => appendFileSync(log, `${name}\n`),
  onStep: () => {
    if (++step === dieAtStep) process.kill(process.pid, 'SIGKILL')
  },
})
