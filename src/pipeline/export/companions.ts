import {copyFile} from 'node:fs/promises'
import {join} from 'node:path'
import type {ModelFiles} from '../models/model-files.js'

/** What stands beside the weights and is read with the model, or says on which terms it may be used. */
const COMPANIONS = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'normalizer.json',
  'LICENSE',
  'LICENSE.md',
  'LICENSE.txt',
]

/** Copies them as they are; gives their names. */
export async function copyCompanions({path, names}: ModelFiles, target: string): Promise<readonly string[]> {
  const found = COMPANIONS.filter(name => names.has(name))
  for (const name of found) await copyFile(join(path, name), join(target, name))
  return found
}
