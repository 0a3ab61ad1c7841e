import {openSession} from '../runtime/open-session.js'
import type {SessionOptions} from '../runtime/session.js'
import type {ModelFolder} from './model-folder.js'
import type {Recognizer} from './recognizer.js'

/**
 * Opens a model of any kind in this process (an inference worker). `slots`: recordings recognised at once; `openFile` opens
 * its ONNX files.
 */
export async function openRecognizer(
  folder: ModelFolder,
  session: SessionOptions,
  {slots, openFile = openSession}: {readonly slots: number; readonly openFile?: typeof openSession},
): Promise<Recognizer<never>> {
  const open = (path: string) => openFile(path, session)
  const {provider} = session
  if (folder.kind === 'whisper') {
    const {openWhisperRecognizer} = await import('./whisper/recognizer.js')
    return openWhisperRecognizer(folder, open, {provider, batchSize: slots})
  }
  const {openCtcRecognizer} = await import('./ctc/recognizer.js')
  return openCtcRecognizer(folder, open, {provider})
}
