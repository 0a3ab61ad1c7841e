import {lstat, readFile} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {LinguluError} from '../pipeline/errors.js'
import {featureImage} from '../pipeline/features/inspect/feature-image.js'
import {drawSpectrogram} from '../pipeline/features/inspect/spectrogram.js'
import {type FeatureReport, inspectFeatures} from '../pipeline/inspect-features.js'
import {makeFolder} from '../pipeline/transcripts/make-folder.js'
import {writeBytes} from '../pipeline/transcripts/write-bytes.js'
import {interruptSignal} from './interrupt.js'

export interface RunFeaturesOptions {
  readonly audio: string
  readonly kind: string
  readonly mels: number | undefined
  readonly png: string | undefined
  readonly svg: string | undefined
  /** A JSON file. */
  readonly augment: string | undefined
  readonly seed: number | undefined
  readonly force: boolean
}

export interface FeaturesResult extends FeatureReport {
  /** Absolute paths of what was written. */
  readonly files: readonly string[]
}

/** A picture with more columns is too wide to be looked at. */
const MOST_COLUMNS = {png: 16_000, svg: 1440}

/** Computes features, and writes pictures of them. */
export async function runFeatures(options: RunFeaturesOptions): Promise<FeaturesResult> {
  const {audio, kind, mels, png, svg, seed, force} = options
  using interrupt = interruptSignal('Interrupted. Nothing was written.')
  const {signal} = interrupt
  const targets = [png, svg].flatMap(file => (file === undefined ? [] : resolve(file)))
  for (const target of force ? [] : targets) await refuseExistingPicture(target)
  const augmentation = options.augment === undefined ? undefined : await readJson(options.augment)
  const {report, matrix} = await inspectFeatures({audio, kind, mels, augmentation, seed, signal})
  if (targets.length > 0 && report.features.kind === 'waveform')
    throw new LinguluError(
      'OPTION_UNSUPPORTED',
      `${report.kind} hears the waveform: there is no picture of its features.`,
      {
        hint: 'Take --kind whisper or --kind filter-bank.',
      },
    )
  if (png !== undefined) await write(png, featureImage(matrix, {mostColumns: MOST_COLUMNS.png, zoom: 1}))
  if (svg !== undefined) {
    const {values, frames, width, hopSeconds} = report
    const drawn = await drawSpectrogram({
      png: featureImage(matrix, {mostColumns: MOST_COLUMNS.svg, zoom: 1}),
      title: basename(audio),
      subtitle: `${report.kind}: ${frames} frames of ${width} bands, from ${short(values?.minimum)} (dark) to ${short(values?.maximum)} (bright)`,
      seconds: frames * hopSeconds,
      bands: width,
    })
    await write(svg, Buffer.from(drawn))
  }
  return {...report, files: targets}
}

async function refuseExistingPicture(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return
  throw new LinguluError('OUTPUT_EXISTS', `${path} is there already.`, {
    hint: 'Choose another name, or have it replaced by --force.',
  })
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  const path = resolve(file)
  await makeFolder(dirname(path))
  await writeBytes(path, bytes)
}

async function readJson(path: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw new LinguluError('CONFIG_INVALID', `${path}: cannot be read as JSON (${String(cause)})`, {cause})
  }
  throw new LinguluError('CONFIG_INVALID', `${path}: is no JSON object`)
}

const short = (value: number | undefined): string => (value === undefined ? '–' : value.toPrecision(3))

export function formatFeatures({audio, kind, frames, width, hopSeconds, values, ...rest}: FeaturesResult): string {
  const lines = [
    `${audio}: ${rest.durationSeconds.toFixed(2)} s`,
    `  ${kind}: ${frames} frames × ${width}, one every ${Number((hopSeconds * 1000).toFixed(4))} ms`,
    `  values: ${short(values?.minimum)} to ${short(values?.maximum)}, mean ${short(values?.mean)}, deviation ${short(values?.deviation)}`,
    ...rest.augmentation.map(step => `  augmented: ${JSON.stringify(step)}`),
    ...rest.files.map(file => `  written: ${file}`),
  ]
  return lines.join('\n')
}
