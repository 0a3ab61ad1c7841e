import type {OutputFormat} from '../transcripts/writers.js'
import type {InputItem} from './input.js'

/** What to do about outputs that are there already. */
export const ON_EXISTS = ['skip', 'overwrite', 'rename', 'error'] as const
export type OnExists = (typeof ON_EXISTS)[number]

/**
 * How outputs are named after inputs: `stem` as OpenAI (`a.txt` for `a.wav`), `full` with the extension (`a.wav.txt`),
 * `path` with the extension and every folder below the one that all inputs share.
 */
export const OUTPUT_NAMES = ['stem', 'full', 'path'] as const
export type OutputName = (typeof OUTPUT_NAMES)[number]

/** A file below the output folder, `/` between its parts. */
export interface OutputFile {
  readonly format: OutputFormat
  readonly path: string
}

/** One input and the files that will come of it. */
export interface PlannedJob {
  readonly item: InputItem
  /** Names the job in the journal: its place below the output folder before any renaming. */
  readonly key: string
  /** Path of the outputs below the output folder, `/` between its parts, without channel and extension. */
  readonly stem: string
  /** What is to be written; fewer than asked for where `skip` found some of them. */
  readonly formats: readonly OutputFormat[]
  /**
   * For `skip`, what is there; else what is to be written, where `*` stands for the channels of an input that is split:
   * they are known only once its audio is read.
   */
  readonly outputs: readonly OutputFile[]
  /** `skip`: all outputs were there. `done`: the journal has the results of an earlier run. */
  readonly action: 'transcribe' | 'skip' | 'done'
}

export interface OutputPlan {
  /** Absolute. */
  readonly outputDir: string
  readonly jobs: readonly PlannedJob[]
}

/** What a manifest asks for one input alone; if it changes, the input must be transcribed again. */
export const itemSettings = ({clip, channel, language}: InputItem): string =>
  JSON.stringify({offset: clip?.offsetSeconds, duration: clip?.durationSeconds, channel, language})

/** The name of an output below the output folder. `channel` as in `Transcript.channel`. */
export function outputName(stem: string, format: OutputFormat, channel?: string): string {
  if (channel === undefined) return `${stem}.${format}`
  return `${stem}.${/^\d+$/.test(channel) ? `ch${channel}` : channel}.${format}`
}
