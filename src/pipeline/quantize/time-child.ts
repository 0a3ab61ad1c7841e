/* Entry of the process that opens the graphs of a model and runs them against the clock. */

import {answerQuestions} from '../runtime/asked-process.js'
import {loadOnnxRuntime} from '../runtime/onnx-runtime.js'
import {openSession} from '../runtime/open-session.js'
import type {Feeds} from '../runtime/recording-session.js'
import type {Session, SessionOptions} from '../runtime/session.js'
import {openFeedSamples} from './feed-samples.js'
import type {GraphFile} from './graph-files.js'
import type {LatencyRecord} from './quantization-report.js'

export interface TimeQuestion {
  readonly graphs: readonly (GraphFile & {
    /** Without feeds it is only loaded. */
    readonly feeds: string | undefined
  })[]
  readonly session: SessionOptions
  readonly rounds: number
}

export interface TimeAnswer {
  /** Seconds to open all graphs, once a round. */
  readonly load: readonly number[]
  readonly latencies: readonly (Pick<LatencyRecord, 'graph' | 'pass' | 'input'> & {
    readonly seconds: readonly number[]
  })[]
}

if (process.send !== undefined) answerQuestions<TimeQuestion, TimeAnswer>(time)

const LOAD_ROUNDS = 3
/** The first runs prepare weights and fill caches. */
const WARM_UP_ROUNDS = 2
/** Quick graphs are run for so long: a few milliseconds fall between the beats of the machine. */
const LEAST_SECONDS = 0.3
const MOST_ROUNDS = 200

async function time({graphs, session, rounds}: TimeQuestion): Promise<TimeAnswer> {
  await loadOnnxRuntime()
  const load: number[] = []
  // The first round reads the files from the disk, which says nothing of the model.
  for (let round = 0; round <= LOAD_ROUNDS; round++) {
    const started = performance.now()
    const sessions: Session[] = []
    for (const {path} of graphs) sessions.push(await openSession(path, session))
    if (round > 0) load.push((performance.now() - started) / 1000)
    for (const opened of sessions) await opened.close()
  }
  const latencies: TimeAnswer['latencies'][number][] = []
  for (const {graph, path, feeds} of graphs) {
    if (feeds === undefined) continue
    const opened = await openSession(path, session)
    latencies.push({graph, ...(await timeGraph(opened, {graph, feeds: await typicalFeeds(opened, feeds), rounds}))})
    await opened.close()
  }
  return {load, latencies}
}

/** Of a decoder a step in the middle, of other graphs a recording of middling length: the median by size. */
async function typicalFeeds(session: Session, path: string): Promise<Feeds> {
  const samples = (await openFeedSamples(path)).sort((a, b) => a.bytes - b.bytes)
  return (await samples[samples.length >> 1]?.feedsFor(session)) ?? {}
}

async function timeGraph(
  session: Session,
  {graph, feeds, rounds}: {readonly graph: string; readonly feeds: Feeds; readonly rounds: number},
) {
  const pass = passOf(graph, feeds)
  const fetches = [...session.outputs.keys()].filter(name => isFetched(name, pass))
  const seconds: number[] = []
  let total = 0
  for (let round = -WARM_UP_ROUNDS; round < rounds || (total < LEAST_SECONDS && round < MOST_ROUNDS); round++) {
    const started = performance.now()
    await session.run(feeds, fetches)
    const elapsed = (performance.now() - started) / 1000
    if (round < 0) continue
    seconds.push(elapsed)
    total += elapsed
  }
  return {pass, input: largestInput(feeds), seconds}
}

/** Whisper fetches attention for word timestamps only, and the keys and values of the audio once. */
const isFetched = (output: string, pass: LatencyRecord['pass']): boolean =>
  !/^(?:cross_attentions|alignment)/.test(output) &&
  !(pass === 'decoder step' && /^present\.\d+\.encoder\./.test(output))

function passOf(graph: string, feeds: Feeds): LatencyRecord['pass'] {
  if (graph.startsWith('encoder')) return 'encoder pass'
  if (graph.includes('fused')) return 'decode loop'
  if (graph === 'decoder_model') return 'decoder first step'
  if (!graph.startsWith('decoder')) return 'whole graph'
  return feeds.use_cache_branch?.data[0] === 0 ? 'decoder first step' : 'decoder step'
}

function largestInput(feeds: Feeds): LatencyRecord['input'] {
  const [largest] = Object.entries(feeds).sort(([, a], [, b]) => b.size - a.size)
  return {name: largest?.[0] ?? '', shape: [...(largest?.[1].dims ?? [])]}
}
