import {join} from 'node:path'
import {execa} from 'execa'
import {z} from 'zod'
import {root} from './lingulu.js'

const Measured = z.strictObject({
  /** The largest resident memory of the exporting process, without the one that loads what was written. */
  peakBytes: z.number(),
  /** Of the export alone, without Node's start. */
  seconds: z.number(),
  /** Of these, for hashing and loading what was written. */
  checkSeconds: z.number(),
  /** Of the exporting process, with its start. */
  cpuSeconds: z.number(),
})

/** Exports a checkpoint in a process with a small heap and measures it. */
export async function measureExport(
  checkpoint: string,
  out: string,
  ...settings: readonly string[]
): Promise<z.infer<typeof Measured>> {
  const entry = join(root, 'test/support/export-entry.ts')
  const argv = ['--max-old-space-size=96', '--import', 'tsx', entry, checkpoint, out, ...settings]
  const {stdout} = await execa('node', argv, {cwd: root})
  return Measured.parse(JSON.parse(stdout))
}
