/* Entry of a thread that makes copies of utterances, one utterance at a time. */

import {parentPort, workerData} from 'node:worker_threads'
import {type ErrorRecord, toErrorRecord} from '../../errors.js'
import {type CopyJob, type CopySettings, createCopyMaker, type MadeCopy} from './make-copies.js'

export type CopyAnswer =
  | {readonly type: 'made'; readonly copies: readonly MadeCopy[]}
  | {readonly type: 'failed'; readonly error: ErrorRecord}

if (parentPort !== null) {
  const port = parentPort
  const make = createCopyMaker(workerData as CopySettings)
  port.on('message', async (job: CopyJob) => {
    const answer: CopyAnswer = await make(job).then(
      copies => ({type: 'made', copies}),
      error => ({type: 'failed', error: toErrorRecord(error)}),
    )
    port.postMessage(answer)
  })
}
