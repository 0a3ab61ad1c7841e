import {describe, expect, test} from 'vitest'
import {quotaCores, usableCores} from '../../../src/pipeline/runtime/cores.js'
import {planWorkers, type WorkerChoice} from '../../../src/pipeline/runtime/plan-workers.js'

describe('the plan', () => {
  test.each<[string, WorkerChoice, object[]]>([
    ['one worker with all cores', {provider: 'cpu', cores: 8}, [{provider: 'cpu', threads: 8}]],
    ['the threads asked for', {provider: 'cpu', cores: 8, threads: 3}, [{provider: 'cpu', threads: 3}]],
    [
      'workers that share the cores, the rest to the first',
      {provider: 'cpu', cores: 8, workers: 3},
      [{threads: 3}, {threads: 3}, {threads: 2}],
    ],
    ['never less than one thread', {provider: 'cpu', cores: 1, workers: 2}, [{threads: 1}, {threads: 1}]],
    [
      'a worker for each GPU',
      {provider: 'cuda', cores: 8, devices: [0, 2]},
      [
        {provider: 'cuda', deviceId: 0, threads: 4},
        {provider: 'cuda', deviceId: 2, threads: 4},
      ],
    ],
    ['one worker on the first GPU', {provider: 'cuda', cores: 4}, [{provider: 'cuda', threads: 4}]],
  ])('%s', (_, choice, expected) => {
    expect(planWorkers(choice)).toMatchObject(expected)
    expect(planWorkers(choice)).toHaveLength(expected.length)
  })

  test.each<[string, WorkerChoice, string]>([
    ['GPUs for the CPU', {provider: 'cpu', cores: 8, devices: [0]}, 'OPTION_UNSUPPORTED'],
    ['CPU workers for a GPU', {provider: 'webgpu', cores: 8, workers: 2}, 'OPTION_UNSUPPORTED'],
    ['a GPU twice', {provider: 'cuda', cores: 8, devices: [1, 1]}, 'USAGE'],
  ])('refuses %s', (_, choice, code) => {
    expect(() => planWorkers(choice)).toThrow(expect.objectContaining({code}))
  })
})

test.each([
  ['max 100000', undefined],
  ['150000 100000\n', 2],
  ['50000 100000', 1],
  [undefined, undefined],
  ['', undefined],
])("a container's cpu.max of %j allows %j cores", (text, cores) => {
  expect(quotaCores(text)).toBe(cores)
})

test('there is at least one core to use', () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1)
})
