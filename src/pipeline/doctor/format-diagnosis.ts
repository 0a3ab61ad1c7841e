import type {ProbeResult} from '../runtime/probe.js'
import type {Diagnosis} from './diagnose.js'

type Row = readonly [mark: '✓' | '✗' | ' ', name: string, what: string, fix?: string | undefined]

/** For a terminal: one section after another, each missing thing followed by the command that brings it. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  return sections(diagnosis)
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `${title}\n${formatRows(rows)}`)
    .join('\n\n')
}

function sections({system, cpu, memory, nvidia, ...rest}: Diagnosis): readonly (readonly [string, readonly Row[]])[] {
  const cores = cpu.usableCores < cpu.cores ? `${cpu.usableCores} of ${cpu.cores} cores usable` : `${cpu.cores} cores`
  const limit = memory.limitBytes === undefined ? '' : `, this container may use ${inUnits(memory.limitBytes)}`
  const machine: readonly Row[] = [
    [' ', 'system', `${system.os}, Node ${system.node}`],
    [' ', 'processor', `${cpu.model} (${cpu.architecture}), ${cores}`],
    [' ', '', `${cpu.features.join(' ')}${cpu.features.length > 0 ? '. ' : ''}${cpu.advice}`],
    [' ', 'memory', `${inUnits(memory.totalBytes)}, ${inUnits(memory.availableBytes)} free${limit}`],
    ...(nvidia?.gpus ?? []).map(
      ({index, name, memoryMib}): Row => [
        ' ',
        `GPU ${index}`,
        `${name}, ${inUnits(memoryMib * 1024 ** 2)}, driver ${nvidia?.driver}`,
      ],
    ),
  ]
  return [
    ['Machine', machine],
    ['Providers (--device)', rest.providers.map(providerRow)],
    ['Training (lingulu train --engine)', (rest.training ?? []).map(engineRow)],
    ['CUDA and TensorRT libraries', libraryRows(rest.libraries)],
    [
      'Programs',
      rest.programs.map(
        ({name, purpose, version, fix}): Row => [
          mark(version !== undefined),
          name,
          `${version ?? 'missing'}: ${purpose}`,
          fix,
        ],
      ),
    ],
    ['Folders', rest.folders.map(folderRow)],
    ['Network settings', rest.network.map(({name, value}): Row => [' ', name, value])],
  ]
}

function providerRow(result: ProbeResult): Row {
  if (result.available) return ['✓', result.provider, `opens a session and computes (${result.seconds.toFixed(1)} s)`]
  return ['✗', result.provider, result.reason, result.fix]
}

function engineRow(probe: NonNullable<Diagnosis['training']>[number]): Row {
  if (!probe.available) return ['✗', probe.engine, probe.reason, probe.fix]
  const {engine, milliseconds, loss} = probe
  return [
    '✓',
    engine,
    `a step of a tiny model takes ${milliseconds.toFixed(1)} ms, loss ${loss.toFixed(4)} as PyTorch’s`,
  ]
}

function libraryRows(libraries: Diagnosis['libraries']): readonly Row[] {
  const none = libraries.length > 0 && libraries.every(({state}) => state === 'missing')
  return none ? [['✗', 'none', 'Only --device cuda and tensorrt need them.']] : libraries.map(libraryRow)
}

function libraryRow({name, needed, state, path, version, fix}: Diagnosis['libraries'][number]): Row {
  const found = path === undefined ? '' : ` ${version ?? ''} ${path}`
  return [mark(state === 'found'), name, `${state}${found} (needed: ${needed})`, fix]
}

function folderRow({name, path, exists, usedBytes, freeBytes, doubt}: Diagnosis['folders'][number]): Row {
  const used = usedBytes === undefined ? '' : `, holds ${inUnits(usedBytes)}`
  const what = `${path}${exists ? '' : ' (not there yet)'}${used}, ${inUnits(freeBytes)} free`
  return [doubt === undefined ? '✓' : '✗', name, doubt === undefined ? what : `${what}: ${doubt}`]
}

const mark = (good: boolean) => (good ? '✓' : '✗')

/** A fix that several rows in succession share stands once, after the last of them. */
function formatRows(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([, name]) => name.length))
  return rows
    .flatMap(([sign, name, what, fix], index) => {
      const line = `  ${sign} ${name.padEnd(width)}  ${what}`
      const shared = fix === rows[index + 1]?.[3]
      return fix === undefined || shared ? [line] : [line, `    ${' '.repeat(width)}  → ${fix}`]
    })
    .join('\n')
}

function inUnits(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KiB`
  if (bytes < 1024 ** 3) return `${Math.round(bytes / 1024 ** 2)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}
