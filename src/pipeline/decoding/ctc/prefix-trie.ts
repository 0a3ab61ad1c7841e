/**
 * The prefixes that a search knows, as a tree: a node is its parent's prefix and one token more. Nodes are numbers; what
 * belongs to them stands in arrays, because a search makes and drops hundreds a frame. Node 0 is the empty prefix.
 */
export interface PrefixTrie {
  /** Nodes the arrays have room for. */
  capacity: number
  /** −1 for the root of the tree and for freed nodes. */
  parent: Int32Array
  token: Int32Array
  firstChild: Int32Array
  nextSibling: Int32Array
  /** What the language model and hot words give the prefix, natural logarithm; 0 without them. */
  score: Float64Array
  /** No prefix that is one token longer scores higher than this. */
  ceiling: Float64Array
  /** Where the last token was loudest. */
  frame: Int32Array
  /** Probability of the last token in that frame. */
  peak: Float64Array
  /** Hash of what decides the node's future (`recombination.ts`). */
  history: Int32Array
  /** The node's place among the prefixes of this frame; −1 where it has none. */
  slot: Int32Array
  /** Nodes ever made; freed ones are kept in a list for reuse. */
  used: number
  /** First freed node, linked by `nextSibling`; −1 where there is none. */
  free: number
}

export const ROOT = 0
const NONE = -1

export function createPrefixTrie(capacity = 1024): PrefixTrie {
  const trie: PrefixTrie = {
    capacity,
    parent: new Int32Array(capacity).fill(NONE),
    token: new Int32Array(capacity),
    firstChild: new Int32Array(capacity).fill(NONE),
    nextSibling: new Int32Array(capacity).fill(NONE),
    score: new Float64Array(capacity),
    ceiling: new Float64Array(capacity),
    frame: new Int32Array(capacity),
    peak: new Float64Array(capacity),
    history: new Int32Array(capacity),
    slot: new Int32Array(capacity).fill(NONE),
    used: 1,
    free: NONE,
  }
  trie.token[ROOT] = NONE
  return trie
}

/** The node of `parent`'s prefix and `token`, −1 where it is not known. */
export function findChild({firstChild, nextSibling, token}: PrefixTrie, parent: number, wanted: number): number {
  let child = firstChild[parent] as number
  while (child !== NONE && token[child] !== wanted) child = nextSibling[child] as number
  return child
}

export function addChild(trie: PrefixTrie, parent: number, token: number): number {
  const node = trie.free === NONE ? newNode(trie) : trie.free
  if (node === trie.free) trie.free = trie.nextSibling[node] as number
  trie.parent[node] = parent
  trie.token[node] = token
  trie.firstChild[node] = NONE
  trie.nextSibling[node] = trie.firstChild[parent] as number
  trie.firstChild[parent] = node
  trie.peak[node] = 0
  trie.slot[node] = NONE
  return node
}

/** Frees a node that is in no slot and has no children, then its ancestors of the same kind. A freed node stays freed. */
export function release(trie: PrefixTrie, leaf: number): void {
  const {parent, firstChild, nextSibling, slot} = trie
  for (let node = leaf; slot[node] === NONE && firstChild[node] === NONE; ) {
    const above = parent[node] as number
    if (above === NONE) return
    if (firstChild[above] === node) firstChild[above] = nextSibling[node] as number
    else {
      let before = firstChild[above] as number
      while (nextSibling[before] !== node) before = nextSibling[before] as number
      nextSibling[before] = nextSibling[node] as number
    }
    parent[node] = NONE
    nextSibling[node] = trie.free
    trie.free = node
    node = above
  }
}

/** Makes the only child of a node the root of the tree, and frees the node. */
export function dropParent(trie: PrefixTrie, child: number): void {
  const node = trie.parent[child] as number
  trie.parent[child] = NONE
  trie.firstChild[node] = NONE
  // Node 0 keeps its meaning.
  if (node === ROOT) return
  trie.parent[node] = NONE
  trie.nextSibling[node] = trie.free
  trie.free = node
}

/** The only child of a node; −1 where it has none or several. */
export function onlyChild({firstChild, nextSibling}: PrefixTrie, node: number): number {
  const child = firstChild[node] as number
  return child !== NONE && nextSibling[child] === NONE ? child : NONE
}

/** Nodes from below `ancestor` down to `node`. */
export function pathTo({parent}: PrefixTrie, node: number, ancestor: number): number[] {
  const path: number[] = []
  for (let at = node; at !== ancestor; at = parent[at] as number) path.push(at)
  return path.reverse()
}

function newNode(trie: PrefixTrie): number {
  if (trie.used === trie.capacity) grow(trie)
  return trie.used++
}

function grow(trie: PrefixTrie): void {
  trie.capacity *= 2
  const integers = (from: Int32Array) => grown(from, new Int32Array(trie.capacity))
  const doubles = (from: Float64Array) => grown(from, new Float64Array(trie.capacity))
  trie.parent = integers(trie.parent)
  trie.token = integers(trie.token)
  trie.firstChild = integers(trie.firstChild)
  trie.nextSibling = integers(trie.nextSibling)
  trie.score = doubles(trie.score)
  trie.ceiling = doubles(trie.ceiling)
  trie.frame = integers(trie.frame)
  trie.peak = doubles(trie.peak)
  trie.history = integers(trie.history)
  trie.slot = integers(trie.slot)
}

export function grown<T extends Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}
