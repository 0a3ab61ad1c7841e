import {fromErrorRecord} from '../../../../src/pipeline/errors.js'
import {openModel} from '../../../../src/pipeline/open-model.js'
import {packageVersion} from '../../../../src/pipeline/version.js'
import {runJob, type Transcription} from './job.js'

/** Greedy, without the thresholds that would decode a window of random text again. */
const OPTIONS = {
  language: 'en',
  temperatures: [0],
  beamSize: null,
  withoutTimestamps: true,
  conditionOnPreviousText: false,
  suppressTokens: [],
  compressionRatioThreshold: null,
  logprobThreshold: null,
  noSpeechThreshold: null,
}

await runJob(async ({model: path, threads}) => {
  const model = await openModel(path, {device: 'cpu', threads, beams: 1})
  async function transcribeOne(file: string): Promise<Transcription> {
    for await (const event of model.run({audio: {type: 'file', path: file}, options: OPTIONS})) {
      if (event.type === 'failed') throw fromErrorRecord(event.error)
      if (event.type !== 'done') continue
      const segments = event.transcripts.flatMap(transcript => transcript.segments)
      const tokens = segments.reduce((sum, segment) => sum + (segment.tokens?.length ?? 0), 0)
      return {text: segments.map(({text}) => text).join(''), tokens}
    }
    throw new Error('a job ends with done or failed')
  }
  return {
    version: packageVersion(),
    transcribe: files => Promise.all(files.map(transcribeOne)),
    close: () => model.close(),
  }
})
