import {existsSync, readFileSync} from 'node:fs'
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import type {Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {execa} from 'execa'
import {describe, expect, test} from 'vitest'
import {
  childrenOf,
  GREEDY,
  hasProc,
  isRunning,
  needsProc,
  root,
  startLingulu,
  suiteFolder,
  until,
} from '../support/lingulu.js'
import {hasSharedData, needsSharedData, sharedData} from '../support/shared-data.js'
import {joined, samplesOf, silence, toPcm} from '../support/speech.js'

const model = sharedData('models/whisper-nano')
const jfk = sharedData('misc/jfk.flac')
const JFK = 'And so my fellow americans ask not what your country can do for you ask what you can do for your country.'
const folder = suiteFolder()

const transcribe = (argv: readonly string[], input?: Uint8Array) =>
  startLingulu(['transcribe', '-m', model, ...GREEDY, ...argv], input && {input}).ended()

describe.skipIf(!hasSharedData)(`- reads stdin${needsSharedData}`, () => {
  test('a file of any format, and says stdin where it names it', async () => {
    const cut = readFileSync(jfk).subarray(0, 60_000)
    const {lines, exitCode} = await transcribe(['-', '--jsonl'], cut)
    expect(lines()[0]).toMatchObject({status: 'ok', audio: 'stdin', warnings: [expect.stringMatching(/^stdin /)]})
    expect(exitCode).toBe(0)
  })

  test('headerless PCM, into a file', async () => {
    const samples = await samplesOf(jfk)
    // Both channels of a stereo stream at half the rate.
    const stereo = new Float32Array(samples.length).map((_, i) => samples[(i >> 1) * 2] ?? 0)
    const out = join(folder, 'raw')
    const raw = ['--raw', 's16le', '--rate', '8000', '--channels', '2']
    const {exitCode, stdout} = await transcribe(['-', ...raw, '-f', 'txt', '-o', out], toPcm(stereo))
    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: ''})
    expect(readFileSync(join(out, 'stdin.txt'), 'utf8')).toBe(`${JFK}\n`)
  })

  test.each([
    ['nothing', Buffer.alloc(0), 'stdin is empty (0 bytes)'],
    ['text', Buffer.from('not a sound\n'), 'stdin is not audio: it is text'],
  ])('%s is a failure with its reason', async (_, input, message) => {
    const {exitCode, stderr, stdout} = await transcribe(['-', '-q'], input)
    expect({exitCode, stdout, stderr}).toEqual({exitCode: 3, stdout: '', stderr: `  ✗ ${message}`})
  })

  test('and leaves no copy of it', async () => {
    const TMPDIR = join(folder, 'tmp')
    await mkdir(TMPDIR)
    const run = startLingulu(['transcribe', '-m', model, ...GREEDY, '-', '-q'], {
      input: readFileSync(jfk),
      env: {TMPDIR},
    })
    expect((await run.ended()).stdout).toContain(JFK)
    expect((await execa('find', [TMPDIR, '-name', 'lingulu-*'])).stdout).toBe('')
  })

  test('whoever stops reading stdout ends the run, quietly', async () => {
    const many = Array(8)
      .fill(jfk)
      .map((path, index) => `${path}`.replace('misc', `misc${'/.'.repeat(index)}`))
    const command = ['node', '--import', 'tsx', 'bin/dev.js', 'transcribe', '-m', model, ...GREEDY, '-q', ...many]
    const shell = `${command.join(' ')} --batch-size 1 | head -1; exit "\${PIPESTATUS[0]}"`
    const {stdout, stderr, exitCode} = await execa('bash', ['-c', shell], {cwd: root, reject: false})
    expect({lines: stdout.split('\n').length, stderr}).toEqual({lines: 1, stderr: ''})
    expect([0, 141]).toContain(exitCode)
  })
})

const LIVE = ['transcribe', '-', '--raw', 's16le', '--live', '-m', model, ...GREEDY]

describe.skipIf(!hasSharedData)(`--live${needsSharedData}`, () => {
  test('prints what is said between silences, with the times of the stream', async () => {
    const speech = await samplesOf(jfk)
    const stream = toPcm(joined(silence(2), speech, silence(2), speech, silence(2)))
    const {stdout, stderr, exitCode} = await startLingulu(LIVE, {input: stream}).ended()
    const lines = stdout.split('\n').map(line => /^\[(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d\.\d{3})\] (.+)$/.exec(line))
    const starts = lines.map(line => Number(line?.[1]) * 60 + Number(line?.[2]))
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(starts[0]).toBeGreaterThan(1.5)
    expect(starts[0]).toBeLessThan(3)
    expect(starts.some(start => start > 14.5 && start < 16.5)).toBe(true)
    expect(lines.filter(line => line?.[5] === JFK).length).toBeGreaterThanOrEqual(2)
    expect(stderr).toContain('is listening')
    expect(exitCode).toBe(0)
  })

  test('--jsonl tells all that happens; provisional text comes while somebody speaks', async () => {
    const stream = toPcm(joined(silence(1), await samplesOf(jfk), silence(1)))
    const run = startLingulu([...LIVE, '--jsonl', '--word-timestamps'])
    await listening(run)
    await pipeline(inTime(stream, 3), microphoneOf(run))
    const {lines, exitCode} = await run.ended()
    const events = lines()
    expect(events[0]).toMatchObject({type: 'model', info: {name: 'whisper-nano'}, provider: {provider: 'cpu'}})
    const types = events.map(({type}) => type)
    expect(types.indexOf('partial')).toBeGreaterThan(0)
    expect(types.indexOf('partial')).toBeLessThan(types.indexOf('final'))
    const finals = events.filter(({type}) => type === 'final')
    expect(finals[0]).toMatchObject({text: ` ${JFK}`, words: expect.arrayContaining([expect.any(Object)])})
    expect(exitCode).toBe(0)
  })

  test.skipIf(!hasProc)(`Ctrl-C ends the listening, and what was heard is still transcribed${needsProc}`, async () => {
    const run = startLingulu([...LIVE, '--end-silence', '5'])
    microphoneOf(run).write(toPcm(joined(silence(1), await samplesOf(jfk))))
    await listening(run)
    await sleep(1500)
    const workers = childrenOf(run.pid)
    run.signalAll('SIGINT')
    const {stdout, exitCode} = await run.ended()
    expect(stdout).toContain('my fellow americans')
    expect(exitCode).toBe(130)
    expect(workers.filter(isRunning)).toEqual([])
  })
})

function microphoneOf({process}: ReturnType<typeof startLingulu>): Writable {
  if (process.stdin === null) throw new Error('stdin is a pipe')
  return process.stdin
}

async function listening({process}: ReturnType<typeof startLingulu>): Promise<void> {
  let stderr = ''
  process.stderr?.on('data', text => {
    stderr += text
  })
  await until('somebody listens', () => stderr.includes('is listening'))
}

/** Pieces of 100 ms, so many times faster than they were spoken. */
async function* inTime(pcm: Buffer, speed: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < pcm.length; at += 3200) {
    yield pcm.subarray(at, at + 3200)
    await sleep(100 / speed)
  }
}

describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
  const onTerminal = (argv: string[]) =>
    execa('script', ['-qec', ['node', '--import', 'tsx', 'bin/dev.js', 'transcribe', ...argv].join(' '), '/dev/null'], {
      cwd: root,
      reject: false,
      stdin: 'ignore',
    })

  test.skipIf(!hasSharedData)(`a bar shows how far it is, and the program ends${needsSharedData}`, async () => {
    const {stdout, exitCode} = await onTerminal(['-m', model, ...GREEDY, jfk, sharedData('diarization/sample.flac')])
    expect(stdout).toMatch(/░ 0\/2 files \| /)
    const rows = stdout.split('\r\n')
    expect(rows.filter(row => row.endsWith(JFK)).length).toBe(1)
    // The bar is cleared before a line is written, and at the end.
    for (const row of rows) if (row.includes('files |')) expect(row).toContain('\u001B[')
    expect(rows.at(-1) === '' ? rows.at(-2) : rows.at(-1)).toMatch(/2 transcribed.*; 41\.0 s of audio/)
    expect(exitCode).toBe(0)
  })

  test.each([[['-']], [['-', '--raw', 's16le', '--live']]])('%j waits for nobody', async argv => {
    const {stdout, exitCode} = await onTerminal([...argv, '--model', 'x'])
    expect(stdout).toMatch(/Nothing is piped to stdin\.\r\n {2}→ .*\| lingulu transcribe -/)
    expect(exitCode).toBe(2)
  })
})
