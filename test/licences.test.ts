import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'

interface LockedPackage {
  readonly version: string
  readonly license?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const {packages}: {packages: Readonly<Record<string, LockedPackage>>} = JSON.parse(read('package-lock.json'))
const locked = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({...entry, path, name: path.replace(/.*node_modules\//, '')}))
const installed = locked.filter(({dev}) => dev !== true)

const PERMISSIVE = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Zlib',
])

/** Of an SPDX expression without nested brackets. */
function isPermissive(expression: string | undefined): boolean {
  if (expression === undefined) return false
  const alternatives = expression.replaceAll(/[()]/g, '').split(' OR ')
  return alternatives.some(alternative => alternative.split(' AND ').every(licence => PERMISSIVE.has(licence)))
}

test.each([
  ['MIT', true],
  ['(MIT AND Zlib)', true],
  ['(MIT OR GPL-2.0-only)', true],
  ['(MIT AND LGPL-3.0-or-later)', false],
  ['GPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE', false],
  [undefined, false],
])('the licence %s counts as permissive: %s', (licence, permissive) => expect(isPermissive(licence)).toBe(permissive))

describe('packages that are installed with lingulu', () => {
  test('have permissive licences', () => {
    expect(installed.length).toBeGreaterThan(20)
    expect(
      installed.filter(({license}) => !isPermissive(license)).map(({name, license}) => `${name}: ${license}`),
    ).toEqual([])
  })

  // `node .ci/notice.mjs` writes the list anew.
  test('stand in NOTICE with version and licence, and no others do', () => {
    const [, listed = ''] = read('NOTICE').split('dist`.\n\n')
    const expected = new Set(installed.map(({name, version, license}) => `${name} ${version} ${license}`))
    expect(listed.trim().split('\n')).toEqual([...expected].sort())
  })
})

describe('package-lock.json', () => {
  test('has every optional dependency: npm drops those that its registry lacks, and npm ci then fails', () => {
    const names = new Set(locked.map(({name}) => name))
    const missing = locked.flatMap(({name, optionalDependencies = {}}) =>
      Object.keys(optionalDependencies)
        .filter(optional => !names.has(optional))
        .map(optional => `${name}: ${optional}`),
    )
    expect(missing).toEqual([])
  })

  test('names no registry but npm’s', () => {
    const hosts = locked.flatMap(({resolved}) => (resolved === undefined ? [] : [new URL(resolved).host]))
    expect(hosts.filter(host => host !== 'registry.npmjs.org')).toEqual([])
  })
})
