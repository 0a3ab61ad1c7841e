import type {TrnToken} from './trn-tokens.js'

/** A word between two places of a network. */
export interface NetworkArc {
  /** Empty where nothing is said (`@`). */
  readonly word: string
  readonly optional: boolean
  /** Indices of the arcs that may come before it, in order; none before the first word. */
  readonly before: readonly number[]
}

/** Everything that may have been said: a path from the start to the end is one reading. */
export interface WordNetwork {
  /** In an order in which every arc follows those before it. Arc 0 stands for the start and has no word. */
  readonly arcs: readonly NetworkArc[]
  /** Arcs that a reading may end with. */
  readonly last: readonly number[]
}

interface Node {
  readonly incoming: Draft[]
  readonly outgoing: Draft[]
}

interface Draft {
  readonly word: string
  readonly optional: boolean
  readonly from: Node
  readonly to: Node
}

/**
 * Builds the network of a transcript. Arcs stand in sclite's order (SCTK, net_adt.c: nodes are taken when all arcs into
 * them were, first come first served), which decides between equally good alignments.
 */
export function wordNetwork(tokens: readonly TrnToken[], wordsOf: (text: string) => readonly string[]): WordNetwork {
  const head = node()
  const start = node()
  const drafts = new Map<Draft, number>()
  connect({word: '', optional: false, from: head, to: start})
  const end = addTokens(tokens, start, undefined, wordsOf)
  const waiting = new Map<Node, number>()
  const order: Draft[] = []
  const queue = [head]
  for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
    for (const draft of place.outgoing) {
      drafts.set(draft, order.length)
      order.push(draft)
      const left = (waiting.get(draft.to) ?? draft.to.incoming.length) - 1
      waiting.set(draft.to, left)
      if (left === 0) queue.push(draft.to)
    }
  }
  const indices = (list: readonly Draft[]) => list.map(draft => drafts.get(draft) ?? 0)
  const arcs = order.map(({word, optional, from}) => ({word, optional, before: indices(from.incoming)}))
  return {arcs, last: indices(end.incoming)}
}

const node = (): Node => ({incoming: [], outgoing: []})

function connect(draft: Draft): void {
  draft.from.outgoing.push(draft)
  draft.to.incoming.push(draft)
}

/** Adds the tokens behind `start`, up to `end` where it is given, and returns the node that they end in. */
function addTokens(
  tokens: readonly TrnToken[],
  start: Node,
  end: Node | undefined,
  wordsOf: (text: string) => readonly string[],
): Node {
  const steps = tokens.flatMap((token): (Extract<TrnToken, {kind: 'choice'}> | {word: string; optional: boolean})[] =>
    token.kind === 'choice' ? [token] : wordsOf(token.text).map(word => ({word, optional: token.kind === 'optional'})),
  )
  if (steps.length === 0 && end !== undefined) connect({word: '', optional: false, from: start, to: end})
  let from = start
  for (const [i, step] of steps.entries()) {
    const to = i === steps.length - 1 && end !== undefined ? end : node()
    if ('word' in step) connect({...step, from, to})
    else for (const choice of step.choices) addTokens(choice, from, to, wordsOf)
    from = to
  }
  return from
}
