import {join} from 'node:path'
import {LinguluError} from '../../errors.js'
import {makeFolder} from '../../transcripts/make-folder.js'
import {outputError} from '../../transcripts/output-error.js'
import {type EventContent, encodeEventRecord, type SummaryValue} from './event-record.js'
import {type GrowingFile, openGrowingFile} from './growing-file.js'

/** A TensorBoard event file. */
export interface EventFile {
  readonly path: string
  write(step: number, values: readonly SummaryValue[], now: Date): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/**
 * Begins an event file in a folder, which is made. A resumed run begins another one, and TensorBoard drops what the earlier
 * ones have after `resumedStep`. The name of the file tells the time and the process, but not the machine.
 *
 * @throws {LinguluError} OUTPUT_FAILED, from every method too
 */
export async function openEventFile(
  folder: string,
  {resumedStep, writer, now}: {readonly resumedStep: number | null; readonly writer: string; readonly now: Date},
): Promise<EventFile> {
  await makeFolder(folder).catch(error => {
    throw outputError(folder, error)
  })
  const {path, file} = await openNew(folder, now)
  const append = (contents: readonly EventContent[], time: Date) =>
    file.append(Buffer.concat(contents.map(content => encodeEventRecord(content, time.getTime() / 1000))))
  // The first start of a folder drops nothing: it only tells that later ones are restarts.
  const start = {kind: 'start', step: resumedStep === null ? 0 : resumedStep + 1} as const
  await append([{kind: 'version', writer}, start], now)
  return {
    path,
    async write(step, values, time) {
      if (values.length > 0) await append([{kind: 'summary', step, values}], time)
    },
    sync: () => file.sync(),
    close: () => file.close(),
  }
}

/** TensorBoard reads the files of a folder in the order of their names: later ones must come later. */
async function openNew(folder: string, now: Date): Promise<{readonly path: string; readonly file: GrowingFile}> {
  const seconds = String(Math.floor(now.getTime() / 1000)).padStart(10, '0')
  for (let number = 0; ; number++) {
    const path = join(folder, `events.out.tfevents.${seconds}.lingulu.${process.pid}.${number}`)
    try {
      return {path, file: await openGrowingFile(path, undefined)}
    } catch (error) {
      if (!(error instanceof LinguluError && error.code === 'OUTPUT_EXISTS')) throw error
    }
  }
}
