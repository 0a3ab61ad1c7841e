import {expect, test} from 'vitest'
import {startAskedProcess} from '../../../src/pipeline/runtime/asked-process.js'
import type {Question} from './asked-entry.js'

const start = (signal?: AbortSignal) =>
  startAskedProcess<Question, number, string>(new URL('./asked-entry.ts', import.meta.url), {
    who: 'The doubler',
    signal,
  })

test('it answers one question after another, tells how it goes on, and failing ends nothing', async () => {
  await using doubler = start()
  const told: string[] = []
  expect(await doubler.ask({wish: 'double', value: 2}, text => told.push(text))).toBe(4)
  await expect(doubler.ask({wish: 'fail', value: 0})).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: 'It fails.',
    hint: 'Ask otherwise.',
  })
  expect(await doubler.ask({wish: 'double', value: 3}, text => told.push(text))).toBe(6)
  expect(told).toEqual(['2 came', '3 came'])
})

test('its death is an error with its last words, also for whoever asks afterwards', async () => {
  await using doubler = start()
  const crash = {code: 'WORKER_CRASHED', message: 'The doubler ended with code 7. It printed: last words'}
  await expect(doubler.ask({wish: 'die', value: 0})).rejects.toMatchObject(crash)
  await expect(doubler.ask({wish: 'double', value: 1})).rejects.toMatchObject(crash)
})

test('an abort ends it with its reason', async () => {
  const controller = new AbortController()
  await using doubler = start(controller.signal)
  const answer = doubler.ask({wish: 'wait', value: 1}, () => controller.abort(new Error('enough')))
  await expect(answer).rejects.toThrow('enough')
  expect(() => start(controller.signal)).toThrow('enough')
})
