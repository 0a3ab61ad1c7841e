import {mkdir, rename, rm} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {checkModel} from '../onnx/check-model.js'
import type {Model} from '../onnx/model.js'
import {type WriteModelOptions, type WrittenModel, writeModel} from '../onnx/write-model.js'
import {startLoadCheck} from '../runtime/load-check.js'
import {removeStaleTemporaries, syncFolder, temporaryPath} from '../transcripts/atomic-write.js'
import {makeFolder} from '../transcripts/make-folder.js'
import {outputError} from '../transcripts/output-error.js'
import {ownIdentity} from '../transcripts/process-identity.js'
import {refuseExisting} from '../transcripts/refuse-existing.js'

/**
 * Writes a model that gets its name only when it is whole, valid and has been loaded by ONNX Runtime.
 *
 * @throws LinguluError OUTPUT_EXISTS, OUTPUT_FAILED, MODEL_INVALID; the signal's reason. Nothing stays then.
 */
export async function writeCheckedModel(
  model: Model,
  out: string,
  options: Omit<WriteModelOptions, 'overwrite'> = {},
): Promise<WrittenModel> {
  const path = resolve(out)
  checkModel(model, `What became of the model for ${path}`)
  const folder = dirname(path)
  const draft = temporaryPath(path, await ownIdentity())
  const named: string[] = []
  try {
    await refuseExisting(path)
    await makeFolder(folder)
    await removeStaleTemporaries([folder])
    await mkdir(draft)
    using loader = startLoadCheck()
    const {files, bytes} = await writeModel(model, join(draft, basename(path)), options)
    await loader.check([join(draft, basename(path))], options.signal)
    const targets = files.map(file => join(folder, basename(file)))
    for (const target of targets) await refuseExisting(target)
    // The weights first: where the model is, they are.
    for (const target of [...targets].reverse()) {
      await rename(join(draft, basename(target)), target)
      named.push(target)
    }
    await syncFolder(folder)
    return {files: targets, bytes}
  } catch (error) {
    for (const target of named) await rm(target, {force: true}).catch(() => undefined)
    throw outputError(path, error)
  } finally {
    await rm(draft, {recursive: true, force: true}).catch(() => undefined)
  }
}
