import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {expect, test} from 'vitest'
import {runToolEntry} from '../../../src/pipeline/tools/run-tool.js'
import {ToolDone} from '../../../src/pipeline/tools/tool-events.js'
import {isRunning, until} from '../../support/lingulu.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'

const DONE = {type: 'done', files: ['a.onnx'], bytes: 1, sourceBytes: 2}

/** A program of these lines; `say` prints an event. */
async function toolOf(code: string): Promise<URL> {
  const path = join(await temporaryFolder(), 'tool.mjs')
  await writeFile(path, `const say = event => process.stdout.write(JSON.stringify(event) + '\\n')\n${code}`)
  return pathToFileURL(path)
}

const run = async (code: string, options: {signal?: AbortSignal; onEvent?: (event: unknown) => void} = {}) =>
  runToolEntry(await toolOf(code), 'onnx-try', ['--flag'], {done: ToolDone, ...options})

test('gives the last event, and tells the others as they come', async () => {
  const events: unknown[] = []
  const code = `say({type: 'progress', fraction: 0.5}); say({type: 'note', message: process.argv[2]}); say(${JSON.stringify(DONE)})`
  expect(await run(code, {onEvent: event => events.push(event)})).toEqual(DONE)
  expect(events).toEqual([
    {type: 'progress', fraction: 0.5},
    {type: 'note', message: '--flag'},
  ])
})

test('an error of the tool is thrown as it was there, also a bug with its stack', async () => {
  const error = {type: 'error', code: 'MODEL_INVALID', message: 'x.onnx is bad', hint: 'Fetch it again.'}
  await expect(run(`say(${JSON.stringify(error)}); process.exitCode = 5`)).rejects.toMatchObject({
    name: 'LinguluError',
    code: 'MODEL_INVALID',
    message: 'x.onnx is bad',
    hint: 'Fetch it again.',
  })
  const bug = {type: 'error', code: 'BUG', message: 'oops', stack: 'Error: oops\n    at there'}
  await expect(run(`say(${JSON.stringify(bug)}); process.exitCode = 1`)).rejects.toMatchObject({
    name: 'Error',
    stack: bug.stack,
  })
})

test.each([
  [
    'is killed',
    `process.stderr.write('so much memory\\n', () => process.kill(process.pid, 'SIGKILL')); setInterval(() => {}, 1000)`,
    /killed by SIGKILL.*so much memory/s,
  ],
  ['crashes', `process.abort()`, /killed by SIGABRT/],
  ['ends without a result', `process.stderr.write('bye'); process.exitCode = 7`, /exit code 7.*bye/s],
  ['ends with a result and an exit code', `say(${JSON.stringify(DONE)}); process.exitCode = 3`, /exit code 3/],
  ['does not load', `import './missing.mjs'`, /ERR_MODULE_NOT_FOUND/],
  ['prints garbage', `console.log('hello {'); setInterval(() => {}, 1000)`, /none of its events: "hello \{"/],
  [
    'prints an unknown event',
    `say({type: 'progress', fraction: 2}); setInterval(() => {}, 1000)`,
    /none of its events/,
  ],
  ['prints a field too many', `say(${JSON.stringify({...DONE, more: 1})})`, /none of its events/],
])('a tool that %s is an error that says so', async (_, code, message) => {
  await expect(run(code)).rejects.toMatchObject({code: 'WORKER_CRASHED', message: expect.stringMatching(message)})
})

test('an abort ends the tool, which may clean up, and is what is thrown', async () => {
  const controller = new AbortController()
  let pid = 0
  const code = `process.on('SIGTERM', () => process.exit(130)); say({type: 'note', message: String(process.pid)}); setInterval(() => {}, 1000)`
  const onEvent = (event: unknown) => {
    pid = Number((event as {message: string}).message)
    controller.abort(new Error('enough'))
  }
  await expect(run(code, {signal: controller.signal, onEvent})).rejects.toThrow('enough')
  expect(pid).toBeGreaterThan(0)
  await until('the tool is gone', () => !isRunning(pid), 10)
})

test('an aborted signal starts nothing', async () => {
  await expect(run('process.exit(0)', {signal: AbortSignal.abort(new Error('no'))})).rejects.toThrow('no')
})
