/**
 * Makes one Whisper in the formats of all programs that are compared, each from the same float32 weights.
 *
 *   npx tsx test/bench/peers/prepare.ts --out FOLDER --size tiny --tokenizer WHISPER_FOLDER [--tokens 64] [--seed 1]
 *   npx tsx test/bench/peers/prepare.ts --out FOLDER --checkpoint FOLDER      # real weights, with model.safetensors
 *
 * With --whisper-quantize PROGRAM (of whisper.cpp) its file is made in 8 bits too.
 */
import {existsSync} from 'node:fs'
import {cp, mkdir, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {execa} from 'execa'
import {LAYOUTS} from '../../../src/pipeline/export/layouts.js'
import {exportModel} from '../../../src/pipeline/export-model.js'
import {quantizeModel} from '../../../src/pipeline/quantize-model.js'
import {makeRandomModel, SIZES, type Size} from './make-model.js'
import {writeGgml} from './write-ggml.js'
import {writeSherpa} from './write-sherpa.js'

const {values} = parseArgs({
  options: {
    out: {type: 'string'},
    size: {type: 'string', default: 'tiny'},
    tokenizer: {type: 'string'},
    checkpoint: {type: 'string'},
    tokens: {type: 'string', default: '64'},
    seed: {type: 'string', default: '1'},
    'whisper-quantize': {type: 'string'},
  },
})
const {out, tokenizer, size} = values
if (out === undefined || (tokenizer === undefined) === (values.checkpoint === undefined) || !(size in SIZES))
  throw new Error('give --out and either --checkpoint or --tokenizer with --size tiny, base or small')

/** What is there already stays, so that one format can be made again by removing it. */
async function make(name: string, write: (path: string) => Promise<void>): Promise<void> {
  const path = join(out ?? '', name)
  if (existsSync(path)) return console.log(`${name}: there already`)
  const began = performance.now()
  try {
    await write(path)
    console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  } catch (error) {
    await rm(path, {recursive: true, force: true})
    console.log(`${name}: not made (${error instanceof Error ? error.message : error})`)
  }
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

await mkdir(out, {recursive: true})
const checkpoint = join(out, 'checkpoint')
await make('checkpoint', async path => {
  if (values.checkpoint !== undefined) return await cp(values.checkpoint, path, {recursive: true})
  const options = {
    size: size as Size,
    tokenizer: tokenizer ?? '',
    tokens: Number(values.tokens),
    seed: Number(values.seed),
  }
  await makeRandomModel({...options, out: path})
})
for (const layout of LAYOUTS)
  if (layout !== 'split')
    await make(layout, async path => {
      // Fused graphs compute it only when they are asked to.
      const crossAttentions = layout === 'fused'
      await drain(exportModel({checkpoint, out: path, layout, crossAttentions}))
    })
for (const layout of ['fused', 'huggingface'])
  await make(
    `${layout}-cpu`,
    async to => await drain(quantizeModel({model: join(out, layout), out: to, recipe: 'cpu'})),
  )
await make('sherpa', async path => await writeSherpa(checkpoint, path))
await make('ggml-f16.bin', async path => await writeGgml(checkpoint, path))
const quantize = values['whisper-quantize']
if (quantize !== undefined)
  await make('ggml-q8_0.bin', async path => {
    await execa(quantize, [join(out, 'ggml-f16.bin'), path, 'q8_0'])
  })
