import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {execa} from 'execa'
import {z} from 'zod'
import type {Job, Outcome} from './runners/job.js'

const Output = z.object({
  transcription: z.array(z.object({text: z.string(), tokens: z.array(z.object({id: z.int()})).optional()})),
})
const END_OF_TEXT = 50_257

/**
 * whisper.cpp by its own clock: all but the loading of the model. It has no warm-up, so what one file takes is the
 * difference of two runs, the first of which has that file once more.
 */
export async function runWhisperCpp({model, files, threads, repeats, place = 'whisper-cli'}: Job): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'lingulu-peers-'))
  try {
    const [first = ''] = files
    const run = async (inputs: readonly string[], output: boolean) =>
      await timeRun(place, {model, threads, inputs, scratch: output ? scratch : undefined})
    const alone = await run([first], false)
    const more = await run(
      Array.from({length: repeats + 1}, () => first),
      false,
    )
    const all = await run([first, ...files], false)
    await run(files, true)
    const made = await Promise.all(files.map(file => readOutput(join(scratch, `${basename(file)}.json`))))
    const {stdout} = await execa(place, ['--version'], {reject: false})
    return {
      version: /version: (\S+)/.exec(stdout)?.[1] ?? 'unknown',
      oneSeconds: [(more - alone) / repeats],
      manySeconds: all - alone,
      tokens: made.map(({tokens}) => tokens),
      texts: made.map(({text}) => text),
    }
  } finally {
    await rm(scratch, {recursive: true, force: true})
  }
}

interface Timed {
  readonly model: string
  readonly threads: number
  readonly inputs: readonly string[]
  readonly scratch: string | undefined
}

async function timeRun(program: string, {model, threads, inputs, scratch}: Timed): Promise<number> {
  const outputs = inputs.flatMap(input => ['-of', join(scratch ?? '', basename(input))])
  const {stderr} = await execa(program, [
    ...['-m', model, '-t', String(threads), '-l', 'en', '-ng'],
    // Greedy, once, whatever the text looks like, without timestamps.
    ...['-bs', '1', '-bo', '1', '-nf', '-nt', '-mc', '0', '-lpt', '-1000', '-et', '0'],
    ...(scratch === undefined ? [] : ['-ojf', ...outputs]),
    ...inputs,
  ])
  const milliseconds = (name: string) => Number(new RegExp(`${name} time =\\s*([\\d.]+) ms`).exec(stderr)?.[1])
  const seconds = (milliseconds('total') - milliseconds('load')) / 1000
  if (!(seconds > 0)) throw new Error(`no timings in the output of ${program}:\n${stderr.slice(-500)}`)
  return seconds
}

async function readOutput(path: string): Promise<{text: string; tokens: number}> {
  // Tokens may be parts of letters, which are no UTF-8 by themselves.
  const {transcription} = Output.parse(JSON.parse((await readFile(path)).toString('utf8')))
  const ids = transcription.flatMap(({tokens}) => tokens?.map(({id}) => id) ?? [])
  return {text: transcription.map(({text}) => text).join(''), tokens: ids.filter(id => id < END_OF_TEXT).length}
}
