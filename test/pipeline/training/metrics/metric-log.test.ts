import {spawn} from 'node:child_process'
import {appendFile, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {readMetricLines} from '../../../../src/pipeline/training/metrics/metric-line.js'
import {openMetricLog} from '../../../../src/pipeline/training/metrics/metric-log.js'
import type {TrainEvent} from '../../../../src/pipeline/training/train-events.js'
import {checkpointEvent, doneEvent, planEvent, runEvents, stepEvent} from '../../../support/training-events.js'
import {temporaryFolder} from '../../transcripts/temporary-folder.js'

const NOW = new Date('2026-01-01T00:00:00.000Z')
const newPath = async () => join(await temporaryFolder(), 'metrics.jsonl')

async function record(path: string, resumedStep: number | null, events: readonly TrainEvent[]): Promise<void> {
  const log = await openMetricLog(path, resumedStep)
  for (const event of events) await log.record(event, NOW)
  await log.close()
}

async function eventsIn(path: string): Promise<TrainEvent[]> {
  const events: TrainEvent[] = []
  for await (const {event} of readMetricLines(path)) events.push(event)
  return events
}

test('every event is a line of JSON with its time, and comes back as it was', async () => {
  const path = await newPath()
  await record(path, null, runEvents)
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  expect(lines.map(line => JSON.parse(line))).toEqual(runEvents.map(event => ({time: NOW.toISOString(), ...event})))
  expect(await eventsIn(path)).toEqual(runEvents)
})

test('lines stand in the order of the calls, though nobody waited', async () => {
  const path = await newPath()
  const log = await openMetricLog(path, null)
  const steps = Array.from({length: 50}, (_, index) => stepEvent(index + 1))
  await Promise.all(steps.map(step => log.record(step, NOW)))
  await log.close()
  expect(await eventsIn(path)).toEqual(steps)
})

test('on a resume what came after the resumed step is dropped, and the rest stays', async () => {
  const path = await newPath()
  const before = [planEvent(), stepEvent(10), stepEvent(20), checkpointEvent(20)]
  await record(path, null, [...before, stepEvent(30), {type: 'warning', message: 'late'}, doneEvent({steps: 30})])
  const after = [planEvent({resumedStep: 20}), stepEvent(30, {loss: 5})]
  await record(path, 20, after)
  expect(await eventsIn(path)).toEqual([...before, ...after])
})

test('an interruption at the resumed step itself stays', async () => {
  const path = await newPath()
  const before = [planEvent(), stepEvent(20), doneEvent({steps: 20, reason: 'interrupted'})]
  await record(path, null, before)
  await record(path, 20, [stepEvent(30)])
  expect(await eventsIn(path)).toEqual([...before, stepEvent(30)])
})

test.each(['{"time":"2026-01-01T00:00:00.000Z","type":"st', '\u0000\u0000\u0000', '{'])(
  'a torn last line %j is no line, and gone after a resume',
  async torn => {
    const path = await newPath()
    await record(path, null, [planEvent(), stepEvent(10)])
    await appendFile(path, torn)
    expect(await eventsIn(path)).toEqual([planEvent(), stepEvent(10)])
    await record(path, 10, [stepEvent(20)])
    expect(await eventsIn(path)).toEqual([planEvent(), stepEvent(10), stepEvent(20)])
  },
)

test('a run begins a log where there is none to resume', async () => {
  const path = await newPath()
  await record(path, 300, [stepEvent(301)])
  expect(await eventsIn(path)).toEqual([stepEvent(301)])
})

test('a new run does not replace a log', async () => {
  const path = await newPath()
  await writeFile(path, 'mine\n')
  await expect(openMetricLog(path, null)).rejects.toMatchObject({code: 'OUTPUT_EXISTS'})
  expect(await readFile(path, 'utf8')).toBe('mine\n')
})

test.each([
  ['no JSON', '{'],
  ['an unknown event', '{"time":"2026-01-01T00:00:00.000Z","type":"other"}'],
  ['a member too many', '{"time":"2026-01-01T00:00:00.000Z","type":"warning","message":"m","more":1}'],
  ['no time', '{"type":"warning","message":"m"}'],
])('a whole line with %s is named, and the log stays as it is', async (_, line) => {
  const path = await newPath()
  await record(path, null, [stepEvent(10)])
  await appendFile(path, `${line}\n`)
  const content = await readFile(path)
  await expect(openMetricLog(path, 20)).rejects.toMatchObject({
    code: 'JOURNAL_INVALID',
    message: expect.stringContaining('metrics.jsonl: line 2 is no entry'),
  })
  expect(await readFile(path)).toEqual(content)
})

test('a process that is killed loses no line that was recorded', async () => {
  const path = await newPath()
  const writer = new URL('../../../fixtures/training/endless-log.ts', import.meta.url)
  const child = spawn(process.execPath, ['--import', 'tsx', writer.pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.split('\n').length > 50 && !child.killed) child.kill('SIGKILL')
  }
  const last = Number(said.trimEnd().split('\n').at(-1))
  const events = await eventsIn(path)
  expect(last).toBeGreaterThan(49)
  expect(events.length).toBeGreaterThanOrEqual(last)
  expect(events).toEqual(events.map((_, index) => stepEvent(index + 1)))
})
