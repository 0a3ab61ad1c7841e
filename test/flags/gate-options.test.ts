import {Command, Config} from '@oclif/core'
import {beforeAll, describe, expect, test} from 'vitest'
import {gateFlags} from '../../src/flags/gate-flags.js'
import {gateOptions} from '../../src/flags/gate-options.js'

class Gated extends Command {
  static override readonly flags = gateFlags
  async run() {
    return gateOptions((await this.parse(Gated)).flags)
  }
}

let config: Config
beforeAll(async () => {
  config = await Config.load(process.cwd())
})
const options = async (...argv: string[]) => await new Gated(argv, config).run()

describe('gates of the command line', () => {
  test.each([
    ['--max-wer 0.05', {maxWer: 0.05}],
    ['--max-wer 5%', {maxWer: 0.05}],
    ['--max-wer 1', {maxWer: 1}],
    ['--max-wer 120%', {maxWer: 1.2}],
    ['--max-wer 0', {maxWer: 0}],
    ['--max-cer .5%', {maxCer: 0.005}],
    [
      '--max-empty 1% --max-repeated 2% --max-insertions 0.03',
      {maxEmpty: 0.01, maxRepeated: 0.02, maxInsertions: 0.03},
    ],
    ['--baseline b.json --max-regression 0.2', {maxRegression: {kind: 'absolute', rate: 0.002}}],
    ['--baseline b.json --max-regression 2', {maxRegression: {kind: 'absolute', rate: 0.02}}],
    ['--baseline b.json --max-regression 5%', {maxRegression: {kind: 'relative', rate: 0.05}}],
    ['--baseline b.json --speed-trade 1:2', {speedTrade: {rate: 0.01, speedup: 2}}],
    [
      '--baseline b.json --speed-trade 0.5:1.5 --only-significant',
      {speedTrade: {rate: 0.005, speedup: 1.5}, onlySignificant: true},
    ],
    ['--min-rtfx 12.5 --min-samples 200 --allow-missing', {minRtfx: 12.5, minSamples: 200, allowMissing: true}],
  ])('%s', async (line, expected) => expect(await options(...line.split(' '))).toMatchObject(expected))

  test('are none without flags', async () => expect(Object.values(await options()).filter(Boolean)).toEqual([]))
})

describe('refused', () => {
  test.each([
    ['--max-wer 5', '"5" is more than all of 1. For 5 percent write 5%.'],
    ['--max-wer 1.5', 'For 1.5 percent write 1.5%.'],
    ['--max-wer=-0.1', 'not a number of 0 or more'],
    ['--max-wer five', 'Write 0.05 or 5%.'],
    ['--max-wer 0x1', 'not a number'],
    ['--max-wer %', 'not a number'],
    ['--baseline b.json --max-regression=-1', '0.2 (percentage points) or 5% (of the baseline’s WER)'],
    ['--baseline b.json --speed-trade 1', '"1" is no trade.'],
    ['--baseline b.json --speed-trade 1:0.5', 'no trade'],
    ['--baseline b.json --speed-trade 1:2:3', 'no trade'],
    ['--max-regression 0.2', '--baseline'],
    ['--only-significant', '--baseline'],
    ['--speed-trade 1:2', '--baseline'],
    ['--baseline b.json', '--baseline is compared with nothing.'],
    ['--baseline b.json --only-significant', '--baseline is compared with nothing.'],
    ['--min-rtfx=-3', 'below 0'],
    ['--min-samples 0', 'greater than or equal to 1'],
  ])('%s', async (line, message) => await expect(options(...line.split(' '))).rejects.toThrow(message))
})

test('a baseline that is only to be made anew needs no gate', () => {
  const flags = {baseline: 'b.json', 'only-significant': false, 'allow-missing': false, 'update-baseline': true}
  expect(() => gateOptions(flags as Parameters<typeof gateOptions>[0])).not.toThrow()
  const significant = {...flags, 'only-significant': true}
  expect(() => gateOptions(significant as Parameters<typeof gateOptions>[0])).toThrow('has no rise of WER to look at')
})
