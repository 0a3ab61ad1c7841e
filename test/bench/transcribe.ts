/**
 * How fast `lingulu transcribe` is, as a whole process: real-time factor, start-up, stage split, peak memory of all its
 * processes. Prints Markdown.
 *
 *   npm run build && node --import tsx test/bench/transcribe.ts [--runs 3] [--model folder] [--input path]…
 *
 * The default set is ../shared/data/librispeech and misc/jfk.flac (51 files, 429 s) with whisper-nano and wav2vec2-nano.
 */
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {availableParallelism, cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {execa} from 'execa'
import {RunDocument, type TranscribedRecord} from '../../src/pipeline/transcripts/results.js'
import {sharedData} from '../support/shared-data.js'

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '3'},
    model: {type: 'string'},
    input: {type: 'string', multiple: true, default: [sharedData('librispeech'), sharedData('misc/jfk.flac')]},
  },
})
const whisper = values.model ?? sharedData('models/whisper-nano')
const command = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

const SCENARIOS: readonly (readonly [name: string, model: string, options: readonly string[]])[] = [
  ['greedy, batch 1', whisper, ['--beam-size', 'none', '--batch-size', '1']],
  ['greedy, batch 8', whisper, ['--beam-size', 'none', '--batch-size', '8']],
  ['beam 5, batch 1', whisper, ['--batch-size', '1']],
  ['beam 5, batch 8', whisper, ['--batch-size', '8']],
  ['greedy, batch 8, words', whisper, ['--beam-size', 'none', '--batch-size', '8', '--word-timestamps']],
  ['greedy, batch 4, 2 workers', whisper, ['--beam-size', 'none', '--batch-size', '4', '--workers', '2']],
  ['CTC greedy', sharedData('models/wav2vec2-nano'), []],
  ['CTC beam 100', sharedData('models/wav2vec2-nano'), ['--decoder', 'beam']],
]

interface Measurement {
  readonly wallSeconds: number
  /** Until the model is loaded and the first recording can begin. */
  readonly startSeconds: number
  readonly peakMiB: number
  readonly document: RunDocument
}

async function measure(model: string, options: readonly string[]): Promise<Measurement> {
  const output = mkdtempSync(join(tmpdir(), 'lingulu-bench-'))
  const started = performance.now()
  const args = [
    'transcribe',
    ...values.input,
    '-m',
    model,
    '-f',
    'json',
    '-o',
    output,
    '--json',
    '--temperature-increment-on-fallback',
    'none',
    ...options,
  ]
  const ctc = options.includes('--decoder') || model.includes('wav2vec2')
  const own = ctc
    ? args.filter((arg, i) => !/^--temperature/.test(arg) && !/^--temperature/.test(args[i - 1] ?? ''))
    : args
  const child = execa(process.execPath, [command, ...own], {reject: true})
  let peak = 0
  let loaded: number | undefined
  const poll = setInterval(() => {
    const tree = processTree(child.pid ?? 0)
    peak = Math.max(
      peak,
      tree.reduce((sum, pid) => sum + residentMiB(pid), 0),
    )
    if (loaded === undefined && tree.some(pid => pid !== child.pid && residentMiB(pid) > 0)) loaded = performance.now()
  }, 50)
  try {
    const {stdout} = await child
    const document = RunDocument.parse(JSON.parse(stdout))
    const wallSeconds = (performance.now() - started) / 1000
    // What the command's own clock, which starts when the inputs are planned, does not see, plus loading the model.
    return {wallSeconds, startSeconds: wallSeconds - document.summary.wallSeconds, peakMiB: peak, document}
  } finally {
    clearInterval(poll)
    rmSync(output, {recursive: true})
  }
}

function processTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const]
      } catch {
        return []
      }
    })
  const tree = [root]
  for (const pid of tree) tree.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child))
  return tree
}

function residentMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

const sum = (
  records: readonly TranscribedRecord[],
  stage: 'audioSeconds' | 'encoderSeconds' | 'decoderSeconds' | 'alignmentSeconds',
) => records.reduce((total, {timings}) => total + (timings[stage] ?? 0), 0)

console.log(
  `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model}, ${values.runs} runs, medians (slowest)\n`,
)
console.log(
  '| scenario | files | audio | wall | RTFx | start-up and end | audio+features | encoder | decoder | alignment | peak memory |',
)
console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
for (const [name, model, options] of SCENARIOS) {
  const runs: Measurement[] = []
  for (let run = 0; run < Number(values.runs); run++) runs.push(await measure(model, options))
  const [first] = runs
  if (first === undefined) continue
  const {audioSeconds, inputs} = first.document.summary
  const records = (run: Measurement) => run.document.results.filter(result => result.status === 'ok')
  const seconds = (pick: (run: Measurement) => number) => `${median(runs.map(pick)).toFixed(2)} s`
  const walls = runs.map(({wallSeconds}) => wallSeconds)
  console.log(
    `| ${name} | ${inputs.ok} | ${audioSeconds.toFixed(0)} s | ${median(walls).toFixed(2)} s (${Math.max(...walls).toFixed(2)}) | ${(audioSeconds / median(walls)).toFixed(1)} | ${seconds(run => run.startSeconds)} | ${seconds(run => sum(records(run), 'audioSeconds'))} | ${seconds(run => sum(records(run), 'encoderSeconds'))} | ${seconds(run => sum(records(run), 'decoderSeconds'))} | ${seconds(run => sum(records(run), 'alignmentSeconds'))} | ${Math.max(...runs.map(({peakMiB}) => peakMiB)).toFixed(0)} MiB |`,
  )
}
