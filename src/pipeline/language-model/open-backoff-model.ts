import {readArpaModel} from './arpa-model.js'
import type {BackoffModel} from './backoff-model.js'
import {decodeModel} from './binary-model.js'
import {readModelFile} from './read-model-file.js'

/** A model to work on: an ARPA file or one in `.bin`. @throws LinguluError MODEL_MISSING, MODEL_INVALID */
export const openBackoffModel = (path: string): Promise<BackoffModel> =>
  readModelFile(path, {arpa: readArpaModel, binary: decodeModel})
