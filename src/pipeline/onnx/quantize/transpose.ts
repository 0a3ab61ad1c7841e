/** A matrix of `rows` × `columns`, row-major, with rows and columns exchanged. In tiles, so that caches serve both ways. */
export function transpose<T extends Float32Array | Uint8Array>(matrix: T, rows: number, columns: number): T {
  const turned = matrix.slice() as T
  const TILE = 32
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE)
      for (let row = top; row < Math.min(rows, top + TILE); row++)
        for (let column = left; column < Math.min(columns, left + TILE); column++)
          turned[column * rows + row] = matrix[row * columns + column] as number
  return turned
}
