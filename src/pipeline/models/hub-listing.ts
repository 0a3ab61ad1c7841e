import {z} from 'zod'
import type {Digest} from '../download/digest-file.js'
import {httpRequest} from '../download/http-request.js'
import {TransientError} from '../download/retrying.js'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import type {HubContext} from './hub-context.js'
import {hubUrl} from './hub-settings.js'

/** A file of a repository on the hub. */
export interface HubFile {
  /** Relative to the repository, with `/`. As the hub says: check it before it becomes a path. */
  readonly path: string
  readonly bytes: number
  /** SHA-256 for large files, git's object name for small ones. */
  readonly digest: Digest | undefined
}

/** A repository at one commit. */
export interface HubListing {
  readonly id: string
  readonly commit: string
  readonly files: readonly HubFile[]
  readonly licence: string | undefined
}

const HEXADECIMAL = /^[0-9a-f]+$/

/** Answer of `/api/models/{id}/revision/{revision}?blobs=true`. */
const ModelInfo = z.object({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  cardData: z.object({license: z.union([z.string(), z.array(z.string())]).nullish()}).nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int({error: 'sizes are needed: a mirror must pass ?blobs=true on'}).min(0),
      blobId: z.string().length(40).regex(HEXADECIMAL).nullish(),
      lfs: z.object({sha256: z.string().length(64).regex(HEXADECIMAL), size: z.int().min(0)}).nullish(),
    }),
  ),
})

/**
 * Asks the hub what a repository holds.
 *
 * @throws TransientError, LinguluError as {@link httpRequest}; `MODEL_DOWNLOAD` if the answer makes no sense.
 */
export async function listHubFiles(id: string, revision: string, context: HubContext): Promise<HubListing> {
  const what = `${id}${revision === 'main' ? '' : `@${revision}`}`
  const url = hubUrl(context.settings, `api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`)
  const {response, guard} = await httpRequest(what, url, {accept: 'application/json'}, context)
  try {
    return toListing(id, await response.json())
  } catch (cause) {
    throw (
      guard.explain() ??
      (cause instanceof z.ZodError || cause instanceof SyntaxError
        ? notAHub(what, url, cause)
        : new TransientError(`the answer was cut short (${cause instanceof Error ? cause.message : cause})`, {cause}))
    )
  } finally {
    guard.close()
  }
}

function toListing(id: string, answer: unknown): HubListing {
  const info = ModelInfo.parse(answer)
  const licence = info.cardData?.license
  return {
    id,
    commit: info.sha,
    licence: Array.isArray(licence) ? licence.join(', ') : (licence ?? undefined),
    files: info.siblings.map(({rfilename, size, blobId, lfs}) => ({
      path: rfilename,
      bytes: lfs?.size ?? size,
      digest: lfs ? {kind: 'sha256', hex: lfs.sha256} : blobId ? {kind: 'gitBlob', hex: blobId} : undefined,
    })),
  }
}

function notAHub(what: string, url: URL, cause: Error): LinguluError {
  const details = cause instanceof z.ZodError ? `\n${explainIssues(cause)}` : ''
  return new LinguluError('MODEL_DOWNLOAD', `${what}: ${url.host} does not answer as a model hub does.${details}`, {
    cause,
    hint: 'Check HF_ENDPOINT; a proxy or a login page may stand in between.',
  })
}
