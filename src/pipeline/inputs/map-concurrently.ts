/** `Promise.all` over `map`, with at most `limit` calls under way. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length)
  const remaining = items.entries()
  const work = async () => {
    for (const [index, item] of remaining) results[index] = await map(item, index)
  }
  await Promise.all(Array.from({length: Math.min(limit, items.length)}, work))
  return results
}
