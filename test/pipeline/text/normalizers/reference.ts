import {readFileSync} from 'node:fs'

/** What Python's programs gave; `test/data/normalizer-reference/README.md` says how. */
export function readReference<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../data/normalizer-reference/${name}`, import.meta.url), 'utf8'))
}
