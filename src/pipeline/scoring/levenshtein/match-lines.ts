import type {Part} from './part.js'
import {NOWHERE, type Workspace} from './workspace.js'

/**
 * Notes where each symbol of the reference stands: in a list of its places, and for a symbol that comes in every other
 * block or oftener as bits, ready for use. There are at most two such symbols for each one in a block of 32, so the bits
 * take no more room than the reference does.
 */
export function noteMatches(workspace: Workspace, {reference: {symbols, start, step, length}}: Part): void {
  const {heads, nexts, lines, matches, rises} = workspace
  const blocks = (length + 31) >> 5
  // Until the lists are made, `lines` counts.
  for (let place = length - 1; place >= 0; place--) {
    const symbol = symbols[start + step * place] as number
    nexts[place] = heads[symbol] as number
    heads[symbol] = place
    lines[symbol] = (lines[symbol] as number) + 1
  }
  // Behind the line of the row, which must stay 0 for parts of any length.
  let line = rises.length
  for (let place = 0; place < length; place++) {
    const symbol = symbols[start + step * place] as number
    if (heads[symbol] !== place) continue
    if ((lines[symbol] as number) * 2 < blocks + 1) {
      lines[symbol] = 0
      continue
    }
    lines[symbol] = line
    matches.fill(0, line, line + blocks)
    for (let at = place; at !== NOWHERE; at = nexts[at] as number) {
      matches[line + (at >> 5)] = (matches[line + (at >> 5)] as number) | (1 << at)
    }
    line += blocks
  }
}

/** Leaves the workspace as it was. */
export function forgetMatches({heads, lines}: Workspace, {reference: {symbols, start, step, length}}: Part): void {
  for (let place = 0; place < length; place++) {
    const symbol = symbols[start + step * place] as number
    heads[symbol] = NOWHERE
    lines[symbol] = 0
  }
}
