import {readArpa} from '../../decoding/ctc/arpa.js'
import {Lexicon} from '../../decoding/ctc/lexicon.js'
import type {NgramModel} from '../../decoding/ctc/ngram-model.js'
import {decodeModel} from '../../language-model/binary-model.js'
import {readModelFile} from '../../language-model/read-model-file.js'
import {toNgramModel} from '../../language-model/to-ngram-model.js'

/**
 * Reads an n-gram language model from an ARPA file, plain or gzipped, or one that `lingulu lm` made (by content).
 *
 * @throws LinguluError MODEL_MISSING where the file cannot be read, MODEL_INVALID where it is no such model
 */
export async function openLanguageModel(
  path: string,
): Promise<{readonly ngrams: NgramModel; readonly lexicon: Lexicon}> {
  const ngrams = await readModelFile<NgramModel>(path, {
    arpa: readArpa,
    binary: (file, name) => toNgramModel(decodeModel(file, name)),
  })
  return {ngrams, lexicon: new Lexicon(ngrams.words)}
}
