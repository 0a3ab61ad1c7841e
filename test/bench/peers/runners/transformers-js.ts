import {readFileSync} from 'node:fs'
import {basename, dirname, resolve} from 'node:path'
import {AutoProcessor, env, Tensor, WhisperForConditionalGeneration} from '@huggingface/transformers'
import {readWave} from '../waves.js'
import {runJob, type Transcription} from './job.js'

await runJob(async ({model: path, threads}) => {
  env.allowRemoteModels = false
  env.localModelPath = dirname(resolve(path))
  const name = basename(path)
  const model = await WhisperForConditionalGeneration.from_pretrained(name, {
    dtype: 'fp32',
    device: 'cpu',
    session_options: {intraOpNumThreads: threads, interOpNumThreads: 1},
  })
  const processor = await AutoProcessor.from_pretrained(name, {})
  const tokenizer = processor.tokenizer
  if (tokenizer === undefined) throw new Error(`${path} has no tokenizer`)

  const transcribeOne = async (file: string): Promise<Transcription> => {
    const inputs = await processor(readWave(readFileSync(file)))
    const generated = await model.generate({
      ...inputs,
      language: 'en',
      task: 'transcribe',
      return_timestamps: false,
    })
    if (!(generated instanceof Tensor)) throw new Error('tokens were expected')
    const ids: number[] = Array.from(generated.data, Number)
    return {
      text: tokenizer.decode(ids, {skip_special_tokens: true}),
      tokens: ids.filter(id => id < 50_257).length,
    }
  }
  return {
    version: env.version,
    // It has no batches for Whisper: one after the other.
    async transcribe(files) {
      const made: Transcription[] = []
      for (const file of files) made.push(await transcribeOne(file))
      return made
    },
  }
})
