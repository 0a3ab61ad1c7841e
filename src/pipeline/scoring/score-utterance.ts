import {LinguluError} from '../errors.js'
import {alignNetworks} from './align-networks.js'
import {type AlignmentWeights, createAligner, SCLITE_WEIGHTS} from './align-words.js'
import {createCharacterCounter} from './count-characters.js'
import {splitWords} from './split-words.js'
import {type Tolerances, tolerate} from './tolerances.js'
import {type TrnOptions, trnTokens} from './trn-tokens.js'
import type {UtteranceScore, WordAlignment} from './utterance-score.js'
import {wordNetwork} from './word-network.js'

/** A reference and a hypothesis, with what is known of the utterance. */
export type ScoringPair = Omit<UtteranceScore, 'words' | 'characters'>

export interface ScorerOptions {
  readonly normalize: (text: string) => string
  /** What errors cost in the choice between alignments: all the same as in jiwer (the default), or sclite's. */
  readonly weights?: 'unit' | 'sclite' | undefined
  readonly tolerances?: Tolerances | undefined
  /** Reads both texts as NIST transcripts with alternatives `{a / b / @}`, and optional words where asked for. */
  readonly alternatives?: TrnOptions | undefined
}

const UNIT_WEIGHTS: AlignmentWeights = {substitution: 1, deletion: 1, insertion: 1}

/**
 * A function that scores one utterance after the other. It keeps its memory between them; the scores do not depend on the
 * order.
 *
 * @throws {LinguluError} `OPTION_UNSUPPORTED` where tolerances are asked for together with alternatives;
 * `MANIFEST_INVALID`, from the function, where a transcript with alternatives cannot be read.
 */
export function createScorer(options: ScorerOptions): (pair: ScoringPair) => UtteranceScore {
  const align =
    options.alternatives === undefined ? plainAligner(options) : networkAligner(options, options.alternatives)
  const countCharacters = createCharacterCounter()
  return pair => {
    const {words, reference, hypothesis} = align(pair.referenceText, pair.hypothesisText)
    return {...pair, words, characters: countCharacters(reference, hypothesis)}
  }
}

/** An alignment, and the two texts whose characters are to be compared. */
interface Aligned {
  readonly words: WordAlignment
  readonly reference: string
  readonly hypothesis: string
}

type TextAligner = (referenceText: string, hypothesisText: string) => Aligned

function plainAligner({normalize, weights, tolerances}: ScorerOptions): TextAligner {
  const align = createAligner(weights === 'sclite' ? SCLITE_WEIGHTS : undefined)
  const tolerant = tolerances?.compounds === true || tolerances?.contractions === true
  return (referenceText, hypothesisText) => {
    const reference = normalize(referenceText)
    const hypothesis = normalize(hypothesisText)
    let words = align(splitWords(reference), splitWords(hypothesis))
    if (tolerant) {
      const rewritten = tolerate(words, tolerances)
      if (rewritten !== words.hypothesis) words = align(words.reference, rewritten)
    }
    return {words, reference, hypothesis}
  }
}

/** Of the readings of both sides the ones that fit best. */
function networkAligner({normalize, weights, tolerances}: ScorerOptions, options: TrnOptions): TextAligner {
  if (tolerances?.compounds === true || tolerances?.contractions === true) {
    throw new LinguluError('OPTION_UNSUPPORTED', 'Tolerances cannot be used with transcripts that hold alternatives.', {
      hint: 'Write what may be said differently as an alternative: {ice cream / icecream}.',
    })
  }
  const wordsOf = (text: string) => splitWords(normalize(text))
  return (referenceText, hypothesisText) => {
    const words = alignNetworks(
      wordNetwork(trnTokens(referenceText, options), wordsOf),
      wordNetwork(trnTokens(hypothesisText, options), wordsOf),
      weights === 'sclite' ? SCLITE_WEIGHTS : UNIT_WEIGHTS,
    )
    return {words, ...spokenTexts(words)}
  }
}

/** Words joined by spaces, without the optional ones that the other side lacks: their characters are no error either. */
function spokenTexts({reference, hypothesis, operations}: WordAlignment): {reference: string; hypothesis: string} {
  const [said, heard]: [string[], string[]] = [[], []]
  let [i, j] = [0, 0]
  for (const operation of operations) {
    const word = operation === 'I' ? undefined : reference[i++]
    const other = operation === 'D' ? undefined : hypothesis[j++]
    if (word === '' || other === '') continue
    if (word !== undefined) said.push(word)
    if (other !== undefined) heard.push(other)
  }
  return {reference: said.join(' '), hypothesis: heard.join(' ')}
}
