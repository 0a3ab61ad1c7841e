/** So that the rows read and the columns written of a tile stay in the first cache. */
const TILE = 64

/** A matrix of `rows` × `columns`, row-major, with rows and columns exchanged. */
export function transpose<T extends Float32Array | Uint8Array>(matrix: T, rows: number, columns: number): T {
  const turned = (matrix instanceof Float32Array ? new Float32Array(matrix.length) : new Uint8Array(matrix.length)) as T
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE) turnTile(matrix, turned, {rows, columns, top, left})
  return turned
}

interface Tile {
  readonly rows: number
  readonly columns: number
  readonly top: number
  readonly left: number
}

function turnTile(
  from: Float32Array | Uint8Array,
  to: Float32Array | Uint8Array,
  {rows, columns, top, left}: Tile,
): void {
  const bottom = Math.min(rows, top + TILE)
  const right = Math.min(columns, left + TILE)
  for (let column = left; column < right; column++) {
    let place = column * rows + top
    for (let source = top * columns + column; source < bottom * columns; source += columns)
      to[place++] = from[source] as number
  }
}
