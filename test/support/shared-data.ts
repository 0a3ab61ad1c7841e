import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

/** Corpora and models that are beside a developer's checkout and never in it. */
export const sharedData = (path = '') => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url))

export const hasSharedData = existsSync(sharedData('models'))

/** For the title of a suite that is skipped without them. */
export const needsSharedData = hasSharedData ? '' : ' (skipped: ../shared/data is not here)'
