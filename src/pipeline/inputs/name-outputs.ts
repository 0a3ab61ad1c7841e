import {basename, dirname, extname, relative, sep} from 'node:path'
import {LinguluError} from '../errors.js'
import type {OutputFormat} from '../transcripts/writers.js'
import {commonFolder} from './common-folder.js'
import type {InputItem} from './input.js'
import {type OutputName, outputName} from './plan.js'

export interface NamedInput {
  readonly item: InputItem
  /** Path of its outputs below the output folder, without channel and extension. */
  readonly key: string
  /** Whether each channel gives outputs of its own. */
  readonly split: boolean
}

export interface NamingRules {
  readonly outputName: OutputName
  readonly formats: readonly OutputFormat[]
  readonly splitChannels: boolean
  /** The same for names that the file system takes for one. */
  readonly fold: (path: string) => string
}

/**
 * Gives every input the name of its outputs.
 * @throws {LinguluError} OUTPUT_COLLISION with all inputs whose outputs would be the same file.
 */
export function nameOutputs(items: readonly InputItem[], rules: NamingRules): readonly NamedInput[] {
  const named = nameAll(items, rules)
  const collisions = findCollisions(named, rules)
  if (collisions.length === 0) return named
  throw new LinguluError(
    'OUTPUT_COLLISION',
    `different inputs would give the same output\n${listProblems(collisions)}`,
    {hint: remedy(items, rules)},
  )
}

const SHOWN_PROBLEMS = 20

/** The first of many, one line each, and how many more there are. */
export function listProblems(problems: readonly string[]): string {
  const shown = problems.slice(0, SHOWN_PROBLEMS)
  const rest = problems.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].map(line => `  ${line}`).join('\n')
}

function nameAll(items: readonly InputItem[], {outputName, splitChannels}: NamingRules): NamedInput[] {
  const folders = items.filter(({path}) => path !== '-').map(({path}) => dirname(path))
  const base = outputName === 'path' ? commonFolder(folders) : ''
  return items.map(item => ({
    item,
    key: nameOne(item, outputName, base),
    split: item.channel === 'split' || (splitChannels && item.channel === undefined),
  }))
}

function nameOne({id, path, relativePath}: InputItem, name: OutputName, base: string): string {
  if (id !== undefined || path === '-' || name === 'full') return relativePath
  if (name === 'stem') return relativePath.slice(0, relativePath.length - extname(relativePath).length)
  // The last part is that of the relative path: it tells the parts of one recording apart.
  return [...relative(base, dirname(path)).split(sep), basename(relativePath)].filter(part => part !== '').join('/')
}

function findCollisions(named: readonly NamedInput[], {formats, fold}: NamingRules): string[] {
  const [format] = formats
  if (format === undefined) return []
  const byKey = new Map<string, NamedInput>()
  const collisions: string[] = []
  for (const input of named) {
    const key = fold(input.key)
    const other = byKey.get(key)
    if (other === undefined) byKey.set(key, input)
    else collisions.push(`${describe(other)} and ${describe(input)}: ${outputName(input.key, format)}`)
  }
  for (const input of named) {
    const whole = byKey.get(fold(input.key).replace(CHANNEL_SUFFIX, ''))
    if (whole?.split && !input.split && whole.key !== input.key)
      collisions.push(`a channel of ${describe(whole)} and ${describe(input)}: ${outputName(input.key, format)}`)
  }
  return [...collisions, ...findFilesAsFolders(named, byKey, formats, fold)]
}

const CHANNEL_SUFFIX = /\.(?:left|right|ch\d+)$/

const describe = ({item}: NamedInput): string => (item.id === undefined ? item.name : `${item.name} (id ${item.id})`)

/** `a.wav` gives the file `a.txt`; a recording in an input folder `a.txt` needs a folder of that name. */
function findFilesAsFolders(
  named: readonly NamedInput[],
  byKey: ReadonlyMap<string, NamedInput>,
  formats: readonly OutputFormat[],
  fold: NamingRules['fold'],
): string[] {
  const folders = new Map(named.map(input => [dirname(input.key), input]))
  return [...folders].flatMap(([folder, input]) => {
    const format = formats.find(format => fold(folder).endsWith(`.${format}`))
    const file = format && byKey.get(fold(folder).slice(0, -format.length - 1))
    return file ? [`${describe(file)} and ${describe(input)}: ${folder} would be a file and a folder`] : []
  })
}

/** The first way of naming that keeps these inputs apart. */
function remedy(items: readonly InputItem[], rules: NamingRules): string {
  const apart = (['full', 'path'] as const).find(
    name => name !== rules.outputName && isFree(items, {...rules, outputName: name}),
  )
  if (apart === 'full') return 'With --output-name full outputs keep the extension of the input: a.wav.txt.'
  if (apart === 'path') return 'With --output-name path outputs keep the folders and extensions of the inputs.'
  return 'Rename the inputs, or list them in a manifest with an id for each.'
}

const isFree = (items: readonly InputItem[], rules: NamingRules): boolean =>
  findCollisions(nameAll(items, rules), rules).length === 0
