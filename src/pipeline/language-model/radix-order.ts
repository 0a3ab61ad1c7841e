/** Digits of 11 bits: their counters stay in the cache. */
const DIGIT_BITS = 11
const BUCKETS = 1 << DIGIT_BITS

/**
 * Sorts items by keys, the least significant key first, keeping the order of equals (LSD radix sort). Time grows linearly
 * with the items; it needs memory for three numbers an item.
 *
 * @param order the items; sorted in place
 * @param keys how many keys an item has
 * @param highest no key is above this
 * @param readKeys writes key number `key` of each of `items` to `into`
 */
export function radixOrder(
  order: Uint32Array,
  keys: number,
  highest: number,
  readKeys: (key: number, items: Uint32Array, into: Uint32Array) => void,
): void {
  const digits = Math.max(1, Math.ceil(Math.log2(highest + 1) / DIGIT_BITS))
  const values = new Uint32Array(order.length)
  let from: Uint32Array = order
  let into: Uint32Array = new Uint32Array(order.length)
  for (let key = keys - 1; key >= 0; key--) {
    for (let digit = 0; digit < digits; digit++) {
      readKeys(key, from, values)
      distribute(from, into, values, digit * DIGIT_BITS)
      const sorted = into
      into = from
      from = sorted
    }
  }
  if (from !== order) order.set(from)
}

function distribute(from: Uint32Array, into: Uint32Array, values: Uint32Array, shift: number): void {
  const places = new Uint32Array(BUCKETS + 1)
  for (let i = 0; i < values.length; i++) {
    const bucket = (((values[i] as number) >>> shift) & (BUCKETS - 1)) + 1
    places[bucket] = (places[bucket] as number) + 1
  }
  for (let i = 0; i < BUCKETS; i++) places[i + 1] = (places[i + 1] as number) + (places[i] as number)
  for (let i = 0; i < values.length; i++) {
    const bucket = ((values[i] as number) >>> shift) & (BUCKETS - 1)
    const place = places[bucket] as number
    places[bucket] = place + 1
    into[place] = from[i] as number
  }
}
