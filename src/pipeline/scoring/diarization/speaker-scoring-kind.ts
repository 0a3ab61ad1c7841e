/**
 * What can be scored of two files by the ends of their names: `.rttm` twice is diarization, `.stm`, `.ctm` and `.json`
 * (SegLST) in any pair cpWER. Undefined for all others.
 */
export function speakerScoringKind(reference: string, hypothesis: string): 'diarization' | 'cpwer' | undefined {
  const both = (pattern: RegExp) => pattern.test(reference) && pattern.test(hypothesis)
  if (both(/\.rttm$/i)) return 'diarization'
  return both(/\.(?:stm|ctm|json)$/i) ? 'cpwer' : undefined
}

/** The name ends as those of files with speakers do. */
export const hasSpeakers = (path: string): boolean => /\.(?:rttm|stm|ctm|json)$/i.test(path)
