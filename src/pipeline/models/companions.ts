import {copyFile} from 'node:fs/promises'
import {join} from 'node:path'
import {PROVENANCE_FILE} from './file-record.js'
import type {ModelFiles} from './model-files.js'

/** Configuration, tokenizers, language models and documents. */
const COMPANION = /(?:\.(?:json|txt|md|model|jinja|arpa|bpe)|^lm\.bin|^(?:LICENSE|LICENCE|NOTICE)[^/]*)$/i

/** What tells of the weights, of how they were trained or of how the folder was made: none of it holds for another. */
const OF_THE_WEIGHTS =
  /^(?:.*\.index\.json|(?:trainer_state|all_results|train_results|eval_results|training_args|ort_config|quantize_config)\.json|(?:quantization|pruning|optimization)\.(?:json|md)|requirements\.txt)$/i

/** What belongs beside a model made of the one in this folder: names of files at its top, sorted. */
export function companionsOf(names: Iterable<string>): readonly string[] {
  return [...names]
    .filter(name => !name.includes('/') && COMPANION.test(name) && !OF_THE_WEIGHTS.test(name))
    .filter(name => name !== PROVENANCE_FILE)
    .sort()
}

/** Copies them as they are; gives their names. */
export async function copyCompanions({path, names}: ModelFiles, target: string): Promise<readonly string[]> {
  const found = companionsOf(names)
  for (const name of found) await copyFile(join(path, name), join(target, name))
  return found
}
