import {open, readFile, stat} from 'node:fs/promises'
import {z} from 'zod'
import {REPORT_MARKER} from './report-marker.js'

/** Whether a file was written by an earlier evaluation: the JSON tells its type, all others have a comment at their top. */
export async function isEarlierReport(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) return false
  return path.toLowerCase().endsWith('.json') ? isReportJson(path) : hasMarker(path)
}

const AnyEvaluation = z.looseObject({type: z.literal('evaluation')})

async function isReportJson(path: string): Promise<boolean> {
  try {
    return AnyEvaluation.safeParse(JSON.parse(await readFile(path, 'utf8'))).success
  } catch {
    return false
  }
}

const HEAD = 200 // bytes; the marker stands in the first or second line

async function hasMarker(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return false
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0)
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n', 2)
    return lines.some(line => line.trimEnd() === REPORT_MARKER)
  } finally {
    await file.close()
  }
}
