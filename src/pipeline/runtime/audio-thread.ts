/* Entry of the thread that prepares recordings, so that decoding never waits for the model nor the model for decoding. */

import {type MessagePort, parentPort, workerData} from 'node:worker_threads'
import {toErrorRecord} from '../errors.js'
import {type AudioThreadData, type FromAudioThread, PULSE, type ToAudioThread} from './audio-thread-protocol.js'
import {RecordingPreparer} from './prepare-recording.js'
import {type PrepareRequest, transferables} from './prepared-audio.js'

const ORPHAN_CHECK_MS = 2000

if (parentPort !== null) serve(parentPort, workerData as AudioThreadData)

function serve(port: MessagePort, {parent, pulse}: AudioThreadData): void {
  const cells = new Int32Array(pulse)
  const preparer = new RecordingPreparer()
  let current = new AbortController()
  guardParent(parent)
  port.on('message', async (message: ToAudioThread) => {
    if (message.type === 'cancel') {
      current.abort()
      return
    }
    current = new AbortController()
    Atomics.store(cells, PULSE.busy, 1)
    const answer = await prepare(preparer, message.request, current.signal, () => Atomics.add(cells, PULSE.progress, 1))
    Atomics.store(cells, PULSE.busy, 0)
    port.postMessage(answer, answer.type === 'prepared' ? transferables(answer.prepared) : [])
  })
}

async function prepare(
  preparer: RecordingPreparer,
  request: PrepareRequest,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<FromAudioThread> {
  try {
    return {type: 'prepared', prepared: await preparer.prepare(request, {signal, onProgress})}
  } catch (error) {
    return {type: 'failed', error: toErrorRecord(error)}
  }
}

/**
 * Ends the process when the one that started it is gone. The main thread hears of that too, but only between two native
 * calls, and a native call that hangs would keep an orphan for ever.
 */
function guardParent(parent: number): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, ORPHAN_CHECK_MS).unref()
}
