import {createHash} from 'node:crypto'
import {hashUtterances} from './dataset-hash.js'
import type {Dataset, Utterance} from './utterance.js'

/**
 * A sample of `count` utterances in the order of the data set; all of them where there are no more.
 *
 * Every speaker has a share in proportion to their utterances (largest remainder), at least one where `count` allows.
 * Whom and what is drawn depends on `seed` and the ids alone, by the order of their hashes: the same sample on every
 * machine, and one that changes little when utterances are added to the data set.
 */
export function drawSubset(utterances: readonly Utterance[], count: number, seed = 1): Utterance[] {
  if (count >= utterances.length) return [...utterances]
  const ranked = rank(utterances, seed)
  const sizes = new Map<string | undefined, number>()
  for (const {speaker} of utterances) sizes.set(speaker, (sizes.get(speaker) ?? 0) + 1)
  const shares = count < sizes.size ? upperShares(sizes, count) : exactShares(sizes, count, seed)
  const drawn = new Set<Utterance>()
  for (const utterance of ranked) {
    const share = shares.get(utterance.speaker) ?? 0
    if (share === 0) continue
    drawn.add(utterance)
    shares.set(utterance.speaker, share - 1)
    if (drawn.size === count) break
  }
  return utterances.filter(utterance => drawn.has(utterance))
}

/** The data set with a sample of its utterances, by {@link drawSubset}; its hash is that of the sample. */
export function subsetOf(dataset: Dataset, count: number, seed = 1): Dataset {
  const utterances = drawSubset(dataset.utterances, count, seed)
  return {...dataset, utterances, hash: hashUtterances(utterances)}
}

function rank(utterances: readonly Utterance[], seed: number): Utterance[] {
  return utterances
    .map(utterance => ({utterance, order: hashOf(seed, utterance.id)}))
    .sort((a, b) => a.order - b.order || (a.utterance.id < b.utterance.id ? -1 : 1))
    .map(({utterance}) => utterance)
}

/** The first 48 bits of SHA-256, which a number holds exactly. */
const hashOf = (seed: number, text: string): number =>
  createHash('sha256').update(`${seed}\0${text}`).digest().readUIntBE(0, 6)

type Shares = Map<string | undefined, number>

/** Where not every speaker can have one: nobody more than their share rounded up; the hashes decide between them. */
function upperShares(sizes: Shares, count: number): Shares {
  const total = sum(sizes)
  return new Map([...sizes].map(([speaker, size]) => [speaker, Math.ceil((count * size) / total)]))
}

/** Shares of `count`, at least one each, by the method of the largest remainder. */
function exactShares(sizes: Shares, count: number, seed: number): Shares {
  const shares: Shares = new Map()
  let rest = new Map(sizes)
  let left = count
  // Who would get less than one gets one; that leaves less for the others, so that more may fall below one.
  for (let raised = true; raised && rest.size > 0; ) {
    const perUtterance = left / sum(rest)
    const small = [...rest].filter(([, size]) => size * perUtterance < 1)
    for (const [speaker] of small) shares.set(speaker, 1)
    rest = new Map([...rest].filter(([, size]) => size * perUtterance >= 1))
    left -= small.length
    raised = small.length > 0
  }
  for (const [speaker, share] of largestRemainder(rest, left, seed)) shares.set(speaker, share)
  return shares
}

function largestRemainder(sizes: Shares, count: number, seed: number): Shares {
  const total = sum(sizes)
  const quotas = [...sizes].map(([speaker, size]) => {
    const share = Math.floor((count * size) / total)
    // In whole numbers: remainders that are equal must compare so.
    return {speaker, share, remainder: (count * size) % total, order: hashOf(seed, speaker ?? '')}
  })
  let left = count - quotas.reduce((all, {share}) => all + share, 0)
  quotas.sort((a, b) => b.remainder - a.remainder || a.order - b.order)
  return new Map(quotas.map(({speaker, share}) => [speaker, left-- > 0 ? share + 1 : share]))
}

const sum = (sizes: Shares): number => [...sizes.values()].reduce((all, size) => all + size, 0)
