import {readFile} from 'node:fs/promises'
import type {Session} from '../../runtime/session.js'
import {parseTokenizerJson} from '../../text/byte-level-bpe.js'
import {createWhisperTokenizer, type WhisperTokenizer} from '../../text/whisper-tokenizer.js'
import type {WhisperFolder} from '../model-folder.js'
import type {ModelInfo, Recognizer} from '../recognizer.js'
import {openWindowDecoder} from './open-window-decoder.js'
import type {WhisperOptions} from './options.js'
import {transcribeRecording} from './transcribe-recording.js'
import type {WindowDecoder} from './window-decoder.js'

/** An opened Whisper model. */
export interface WhisperModel {
  readonly decoder: WindowDecoder
  readonly tokenizer: WhisperTokenizer
  readonly folder: WhisperFolder
}

/** @param open opens an ONNX file on the device this model is to run on */
export async function openWhisperRecognizer(
  folder: WhisperFolder,
  open: (path: string) => Promise<Session>,
  {provider, batchSize}: {readonly provider: string; readonly batchSize: number},
): Promise<Recognizer<WhisperOptions>> {
  const vocabulary = parseTokenizerJson(await readFile(folder.tokenizer, 'utf8'), folder.tokenizer)
  const {multilingual} = folder.config
  // A CPU is busy with one window's encoder; several at once only take their memory several times. An encoder that
  // scales activations over the batch hears each window by itself, so that results do not depend on the others.
  const passSize = provider === 'cpu' || folder.dynamic.encoder ? 1 : batchSize
  const model: WhisperModel = {
    tokenizer: createWhisperTokenizer(vocabulary, {multilingual, name: folder.tokenizer}),
    decoder: await openWindowDecoder(folder, open, {batchSize, passSize}),
    folder,
  }
  const info: ModelInfo = {
    kind: 'whisper',
    name: folder.name,
    hash: folder.hash,
    precision: folder.precision,
    provider,
    features: {kind: 'whisper-log-mel', mels: folder.config.mels},
  }
  return {
    info,
    recognize: (recording, options, {signal}) => transcribeRecording(model, recording, options, signal),
    close: () => model.decoder.close(),
  }
}
