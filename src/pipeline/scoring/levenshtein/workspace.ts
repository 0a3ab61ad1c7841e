/**
 * Scratch memory of the edit-distance functions, kept from one pair to the next: thousands of short utterances are scored
 * without an allocation. Sizes grow with the longest pair, never with the product of two lengths.
 */
export interface Workspace {
  /** Of each symbol: the bits of its places in a reference of at most 32 symbols; all 0 between calls. */
  bits: Int32Array
  /** Of each symbol: its first place in the reference that is still in the band; all {@link NOWHERE} between calls. */
  heads: Int32Array
  /** Of each place in the reference: the next place of the same symbol. */
  nexts: Int32Array
  /** Of each block of 32 columns: where a row of distances rises by 1, and where it falls by 1. */
  rises: Int32Array
  falls: Int32Array
  /**
   * Of each block: where a symbol stands in the reference. First a line for the symbol of the row, all 0 between rows;
   * then a line for each symbol that is frequent, at most two of them for every symbol in a block.
   */
  matches: Int32Array
  /** Of each symbol: where its line in `matches` begins; all 0, the line of the row, between calls. */
  lines: Int32Array
  /** Rises and falls of every row of a part that is traced back, the blocks of a row side by side. */
  rowRises: Int32Array
  rowFalls: Int32Array
  /** Of each row: where its blocks begin in `rowRises`, and which block of columns is the first. */
  rowStarts: Int32Array
  rowFirsts: Int32Array
}

/** A place behind the end of any reference. */
export const NOWHERE = 0x7fffffff

export function createWorkspace(): Workspace {
  const none = new Int32Array(0)
  return {
    bits: none,
    heads: none,
    nexts: none,
    rises: none,
    falls: none,
    matches: none,
    lines: none,
    rowRises: none,
    rowFalls: none,
    rowStarts: none,
    rowFirsts: none,
  }
}

/** Makes room for symbols below `symbols` and for a reference of `columns`. */
export function reserve(workspace: Workspace, symbols: number, columns: number): void {
  if (workspace.heads.length < symbols) {
    const length = Math.ceil(symbols * 1.5)
    workspace.heads = new Int32Array(length).fill(NOWHERE)
    workspace.bits = new Int32Array(length)
    workspace.lines = new Int32Array(length)
  }
  if (workspace.nexts.length >= columns) return
  const length = Math.ceil(columns * 1.5)
  const blocks = (length >> 5) + 1
  workspace.nexts = new Int32Array(length)
  workspace.rises = new Int32Array(blocks)
  workspace.falls = new Int32Array(blocks)
  workspace.matches = new Int32Array(blocks * (2 * 32 + 1))
}

/** Makes room for the rows of a part that is traced back. */
export function reserveRows(workspace: Workspace, rows: number, blocks: number): void {
  if (workspace.rowRises.length < blocks) {
    workspace.rowRises = new Int32Array(blocks)
    workspace.rowFalls = new Int32Array(blocks)
  }
  if (workspace.rowStarts.length >= rows) return
  workspace.rowStarts = new Int32Array(rows)
  workspace.rowFirsts = new Int32Array(rows)
}
