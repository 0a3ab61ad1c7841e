import {createHash} from 'node:crypto'
import type {JournalIdentity} from './journal-record.js'

/** SHA-256 of the options, whatever the order in which they stand. */
export const hashOptions = (options: JournalIdentity['options']): string =>
  createHash('sha256').update(canonical(options)).digest('hex')

/** JSON with sorted keys and without what is undefined. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}

/** What two runs differ in, one line each; nothing if the one can go on with the other. A model is known by its hash. */
export function describeDifferences(before: JournalIdentity, now: JournalIdentity): string[] {
  const names = [...new Set([...Object.keys(before.options), ...Object.keys(now.options)])].sort()
  const pairs: readonly (readonly [name: string, before: unknown, now: unknown])[] = [
    ['lingulu version', before.version, now.version],
    ['model', describeModel(before), describeModel(now)],
    ...names.map(name => [name, before.options[name], now.options[name]] as const),
  ]
  return pairs
    .filter(([, before, now]) => canonical(before) !== canonical(now))
    .map(([name, before, now]) => `${name}: ${show(before)} before, ${show(now)} now`)
}

const describeModel = ({model}: JournalIdentity) => ({hash: model.hash, precision: model.precision})

const show = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value).slice(0, 200))
