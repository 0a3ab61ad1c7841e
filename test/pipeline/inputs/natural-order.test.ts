import {expect, test} from 'vitest'
import {compareNaturally} from '../../../src/pipeline/inputs/natural-order.js'

test.each([
  ['numbers count', ['take2', 'take10', 'take100']],
  ['folder by folder', ['a/2', 'a/10', 'a b/1', 'b/1']],
  ['what ends comes before what goes on', ['a', 'a/b', 'a.wav', 'a1', 'ab']],
  ['numbers longer than a double holds', ['12345678901234567890', '12345678901234567891', '112345678901234567890']],
  ['zeros in front count nothing, and still tell names apart', ['01', '1', '02', '2', '10']],
  ['capitals come first, as in the code units', ['B', 'a', 'ä']],
])('%s', (_, sorted) => {
  for (let turn = 0; turn < sorted.length; turn++) {
    const turned = [...sorted.slice(turn), ...sorted.slice(0, turn)]
    expect(turned.sort(compareNaturally)).toEqual(sorted)
    expect([...turned].reverse().sort(compareNaturally)).toEqual(sorted)
  }
})
