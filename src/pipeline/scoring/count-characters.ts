import {strip} from '../text/strip.js'
import {type ErrorCounts, NO_ERRORS} from './error-counts.js'
import {editScript} from './levenshtein/edit-script.js'
import {createWorkspace} from './levenshtein/workspace.js'

/**
 * Aligns two texts character by character as jiwer's `process_characters` does: white space at both ends is removed, every
 * other Unicode code point counts, spaces too, and every error costs 1.
 */
export function countCharacters(reference: string, hypothesis: string): ErrorCounts {
  return createCharacterCounter()(reference, hypothesis)
}

/** {@link countCharacters} for many pairs: keeps its memory from one to the next. */
export function createCharacterCounter() {
  const workspace = createWorkspace()
  return (reference: string, hypothesis: string): ErrorCounts => {
    const a = codePoints(strip(reference))
    const b = reference === hypothesis ? a : codePoints(strip(hypothesis))
    if (a === b) return {...NO_ERRORS, hits: a.length}
    const {deleted, inserted} = editScript(workspace, a, b, largest(b, largest(a, 0)) + 1)
    let hits = 0
    let substitutions = 0
    let i = 0
    let j = 0
    for (;;) {
      while (deleted[i] === 1) i++
      while (inserted[j] === 1) j++
      if (i >= a.length) break
      if (a[i++] === b[j++]) hits++
      else substitutions++
    }
    const pairs = hits + substitutions
    return {hits, substitutions, deletions: a.length - pairs, insertions: b.length - pairs}
  }
}

function codePoints(text: string): Int32Array {
  const points = new Int32Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    points[length++] = point
    if (point > 0xffff) i++
  }
  return points.subarray(0, length)
}

function largest(points: Int32Array, start: number): number {
  let most = start
  for (let i = 0; i < points.length; i++) most = Math.max(most, points[i] as number)
  return most
}
