import {basename, dirname, extname, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {checkDone} from '../transcripts/check-done.js'
import type {JournalState} from '../transcripts/read-journal.js'
import type {OutputFormat} from '../transcripts/writers.js'
import {isInside} from './common-folder.js'
import type {InputItem} from './input.js'
import {mapConcurrently} from './map-concurrently.js'
import {listProblems, type NamedInput, nameOutputs} from './name-outputs.js'
import {detectNameFolding, findOutputs, type OutputFolder, realFolder} from './output-folder.js'
import {
  itemSettings,
  type OnExists,
  type OutputFile,
  type OutputName,
  type OutputPlan,
  outputName,
  type PlannedJob,
} from './plan.js'

export interface PlanOptions {
  readonly outputDir: string
  readonly formats: readonly OutputFormat[]
  readonly onExists: OnExists
  readonly outputName: OutputName
  /** `--channel split`: outputs of an input are `a.left.txt`, `a.right.txt` or `a.ch0.txt`, … */
  readonly splitChannels?: boolean | undefined
  /** Files beside the inputs that no output may replace: manifests. */
  readonly protectedPaths?: readonly string[] | undefined
  /** What an earlier run has done, to go on with it. */
  readonly journal?: JournalState | undefined
  /** Whether `A` and `a` are one name; found out from the output folder if undefined. */
  readonly caseInsensitive?: boolean | undefined
}

/**
 * Decides which input gives which outputs, before any work. Nothing is written or made.
 * @throws {LinguluError} OUTPUT_COLLISION, OUTPUT_EXISTS (`onExists: 'error'`), USAGE (outputs would leave the folder),
 * each with all that it concerns.
 */
export async function planOutputs(items: readonly InputItem[], options: PlanOptions): Promise<OutputPlan> {
  const outputDir = resolve(options.outputDir)
  const fold = await detectNameFolding(outputDir, options.caseInsensitive)
  const named = nameOutputs(items, {...options, splitChannels: options.splitChannels ?? false, fold})
  if (options.formats.length === 0) return {outputDir, jobs: named.map(input => toJob(input, input.key, []))}
  await protectInputs(named, outputDir, options)
  const found = await findOutputs(
    outputDir,
    named.map(({key}) => dirname(key)),
    fold,
  )
  const known = await recallJobs(named, outputDir, options.journal)
  return {outputDir, jobs: settleExisting(named, known, found, options, fold)}
}

/** No output may stand outside the output folder, through links inside it, or replace an input or a manifest. */
async function protectInputs(named: readonly NamedInput[], outputDir: string, options: PlanOptions): Promise<void> {
  const real = await realFolder(outputDir)
  const folders = [...new Set(named.map(({key}) => dirname(key)))]
  const places = new Map(
    await mapConcurrently(folders, 16, async folder => [folder, await realFolder(join(outputDir, folder))] as const),
  )
  const outside = [...places].filter(([, place]) => !isInside(place, real))
  if (outside.length > 0)
    throw new LinguluError(
      'USAGE',
      `links lead out of the output folder ${outputDir}\n${listProblems(outside.map(([folder, place]) => `${folder} is ${place}`))}`,
      {hint: 'Remove the links or choose another --output-dir.'},
    )
  const inputs = named.map(({item}) => item.path).filter(path => path !== '-')
  const extensions = new Set(options.formats.map(format => `.${format}`))
  const endangered = [...inputs, ...(options.protectedPaths ?? [])].filter(path => extensions.has(extname(path)))
  if (endangered.length === 0) return
  const stems = new Map(named.map(input => [join(places.get(dirname(input.key)) ?? '', basename(input.key)), input]))
  const replaced = await mapConcurrently(endangered, 16, async path => {
    const stem = join(await realFolder(dirname(path)), basename(path, extname(path)))
    const writer = stems.get(stem) ?? stems.get(stem.replace(/\.(?:left|right|ch\d+)$/, ''))
    return writer ? [`${path}: by the ${extname(path).slice(1)} of ${writer.item.name}`] : []
  })
  if (replaced.flat().length > 0)
    throw new LinguluError('OUTPUT_COLLISION', `outputs would replace inputs\n${listProblems(replaced.flat())}`, {
      hint: 'Choose another --output-dir.',
    })
}

/** What the journal says of a job: `own` outputs may be written again, `changed` ones are somebody else's work now. */
type Recalled = {readonly state: 'done' | 'own'; readonly stem: string; readonly formats: readonly OutputFormat[]}

async function recallJobs(
  named: readonly NamedInput[],
  outputDir: string,
  journal: JournalState | undefined,
): Promise<ReadonlyMap<string, Recalled>> {
  const known = new Map<string, Recalled>()
  if (journal === undefined) return known
  await mapConcurrently(named, 8, async ({key, item}) => {
    const plan = journal.plans.get(key)
    if (plan === undefined) return
    const entry = journal.done.get(key)
    const found = entry === undefined ? 'own' : await checkDone(entry, item.path, outputDir)
    const state = found === 'done' && plan.settings !== itemSettings(item) ? 'own' : found
    if (state !== 'changed') known.set(key, {state, stem: plan.stem, formats: plan.formats})
  })
  return known
}

function settleExisting(
  named: readonly NamedInput[],
  known: ReadonlyMap<string, Recalled>,
  found: OutputFolder,
  {formats, onExists, journal}: PlanOptions,
  fold: (path: string) => string,
): PlannedJob[] {
  const taken = new Set([...named.map(({key}) => fold(key)), ...[...known.values()].map(({stem}) => fold(stem))])
  const inTheWay: string[] = []
  const jobs = named.map((input): PlannedJob => {
    const {key, split} = input
    const recalled = known.get(key)
    if (recalled) {
      const job = toJob(input, recalled.stem, recalled.formats)
      return recalled.state === 'done' ? {...job, action: 'done'} : job
    }
    const existing = found.formatsOf(key, split, formats)
    const job = toJob(input, key, formats)
    if (existing.any.length === 0 || onExists === 'overwrite') return job
    if (onExists === 'error') inTheWay.push(...existing.any.map(({path}) => path))
    if (onExists === 'rename') return toJob(input, freeStem(key, split), formats)
    if (onExists !== 'skip') return job
    const missing = formats.filter(format => !existing.whole.includes(format))
    return missing.length === 0 ? {...job, action: 'skip', outputs: existing.any} : toJob(input, key, missing)
  })
  if (inTheWay.length > 0) throw existsError(inTheWay, journal !== undefined)
  return jobs

  function freeStem(key: string, split: boolean): string {
    for (let number = 1; ; number++) {
      const stem = `${key}.${number}`
      if (taken.has(fold(stem)) || found.formatsOf(stem, split, formats).any.length > 0) continue
      taken.add(fold(stem))
      return stem
    }
  }
}

function toJob({item, key, split}: NamedInput, stem: string, formats: readonly OutputFormat[]): PlannedJob {
  const toFile = (format: OutputFormat): OutputFile => ({
    format,
    path: outputName(stem, format, split ? '*' : undefined),
  })
  return {item, key, stem, formats, outputs: formats.map(toFile), action: 'transcribe'}
}

function existsError(paths: readonly string[], resumes: boolean): LinguluError {
  const count = paths.length === 1 ? 'an output is' : `${paths.length} outputs are`
  const whose = resumes ? ', and not from the run to resume' : ''
  return new LinguluError('OUTPUT_EXISTS', `${count} there already${whose}\n${listProblems(paths)}`, {
    hint: `${resumes ? 'Choose' : 'Go on with an interrupted run by --resume; else choose'} --on-exists skip, overwrite or rename, or another --output-dir.`,
  })
}
