import {homedir} from 'node:os'
import {isAbsolute, join, resolve} from 'node:path'
import {LinguluError} from '../errors.js'
import {closestNames} from '../text/closest-names.js'
import {type CatalogueEntry, findByName, findBySource} from './catalogue.js'
import {isHubId} from './hub-cache.js'
import {isPlainPath} from './model-paths.js'

/** What `--model` means. */
export type ModelReference =
  | {readonly type: 'folder'; readonly path: string}
  | {
      readonly type: 'hub'
      /** What results call it. */
      readonly name: string
      /** The repository asked for, then the catalogue's export of it. */
      readonly ids: readonly [string, ...string[]]
      readonly revision: string
      readonly entry: CatalogueEntry | undefined
    }

/**
 * Reads a model's name: a path (`./x`, `../x`, `/x`, `~/x`), a name of the catalogue, or a hub id `owner/name[@revision]`,
 * also as an address (`https://huggingface.co/owner/name`).
 *
 * @throws LinguluError `MODEL_MISSING` with the nearest names if it is none of these.
 */
export function parseModelReference(text: string, catalogue: readonly CatalogueEntry[]): ModelReference {
  if (/^~(?:[/\\]|$)/.test(text)) return {type: 'folder', path: join(homedir(), text.slice(1))}
  if (/^\.{1,2}(?:[/\\]|$)/.test(text) || isAbsolute(text)) return {type: 'folder', path: resolve(text)}
  const [name = '', revision = 'main', ...rest] = withoutAddress(text).split('@')
  const entry = findByName(catalogue, name)
  if (rest.length > 0 || !isPlainPath(revision) || !(isHubId(name) || entry)) throw unknown(text, catalogue)
  if (entry) return {type: 'hub', name: entry.name, ids: [entry.repository ?? entry.source], revision, entry}
  const source = findBySource(catalogue, name)
  return {
    type: 'hub',
    name: revision === 'main' ? name : `${name}@${revision}`,
    ids: revision === 'main' && source?.repository !== undefined ? [name, source.repository] : [name],
    revision,
    entry: source ?? catalogue.find(({repository}) => repository === name),
  }
}

/** An address as copied from the browser names a repository, perhaps with `/tree/revision`. */
function withoutAddress(text: string): string {
  const [, owner, name, revision] = /^https?:\/\/[^/]+\/([^/]+)\/([^/?#]+)(?:\/tree\/([^/?#]+))?\/?$/.exec(text) ?? []
  if (owner === undefined) return text
  return `${owner}/${name}${revision === undefined ? '' : `@${revision}`}`
}

function unknown(text: string, catalogue: readonly CatalogueEntry[]): LinguluError {
  const near = closestNames(
    catalogue.map(({name}) => name),
    text,
  )
  return new LinguluError(
    'MODEL_MISSING',
    `There is no model “${text}”: no such folder, and no such name in the catalogue.`,
    {
      hint: `${near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : ''}\`lingulu models list\` shows the names; a hub id is owner/name.`,
    },
  )
}
