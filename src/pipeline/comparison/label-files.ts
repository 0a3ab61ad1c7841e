import {basename} from 'node:path'

/** A short name for each of different files: its own without `.json`, or its path where files share a name. */
export function labelFiles(paths: readonly string[]): string[] {
  const names = paths.map(path => basename(path).replace(/\.json$/i, ''))
  return paths.map((path, index) => {
    const name = names[index] ?? path
    return names.filter(other => other === name).length === 1 ? name : path
  })
}
