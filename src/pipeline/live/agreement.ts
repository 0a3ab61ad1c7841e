/**
 * The words that two hypotheses in a row begin with: what may be taken as settled while the speaker goes on (Macháček et
 * al., "Turning Whisper into Real-Time Transcription System", LocalAgreement-2). Case and punctuation may differ, for
 * they change with every word that follows; the spelling is the current one's.
 */
export function agree(previous: readonly string[], current: readonly string[]): string[] {
  const end = current.findIndex((word, i) => i >= previous.length || bare(word) !== bare(previous[i] ?? ''))
  return current.slice(0, end === -1 ? current.length : end)
}

function bare(word: string): string {
  const letters = word.toLowerCase().replace(/[\p{P}\p{S}]/gu, '')
  return letters === '' ? word : letters
}

/**
 * Follows the hypotheses of one utterance. What is firm stays: the last words may turn out otherwise in the final text,
 * but the reader never sees a firm word taken back.
 */
export function createAgreement(): (words: readonly string[]) => {readonly firm: string; readonly tentative: string} {
  let firm: readonly string[] = []
  let previous: readonly string[] = []
  return words => {
    const agreed = agree(previous, words)
    previous = words
    if (agreed.length > firm.length) firm = [...firm, ...agreed.slice(firm.length)]
    return {firm: firm.join(' '), tentative: words.slice(firm.length).join(' ')}
  }
}

/** The words of a text, as white space parts them. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter(word => word !== '')
}
