import {dirname, join, sep} from 'node:path'

/** The deepest folder that is, or holds, all of these absolute folders. */
export function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...others] = folders
  return others.reduce((common, other) => {
    let shared = common
    while (!isInside(other, shared)) shared = dirname(shared)
    return shared
  }, first)
}

/** Whether a path is that folder or lies below it. */
export const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(join(folder, sep))
