import {z} from 'zod'

/** What a runner is asked to do, as its one argument. */
export const Job = z.strictObject({
  /** In the format of the program: a folder or a file. */
  model: z.string(),
  /** 16 kHz, mono, shorter than 30 s: a window each. */
  files: z.array(z.string()).min(1),
  threads: z.int().positive(),
  /** How often one file is transcribed alone. */
  repeats: z.int().positive(),
  /** How to find the program, where that is not clear. */
  place: z.string().optional(),
})
export type Job = z.infer<typeof Job>

/** What it prints: seconds by its own clock, with the model loaded and warmed up by one file. */
export const Outcome = z.strictObject({
  version: z.string(),
  /** Of one file alone, from the call to the text; read from the disk. */
  oneSeconds: z.array(z.number().positive()),
  /** Of all files, in the way that is fastest for the program. */
  manySeconds: z.number().positive(),
  /** Tokens of each file, without special ones; where the program does not tell them, undefined. */
  tokens: z.array(z.int().nonnegative()).optional(),
  texts: z.array(z.string()),
})
export type Outcome = z.infer<typeof Outcome>

export interface Transcription {
  readonly text: string
  readonly tokens: number | undefined
}

export interface Program {
  readonly version: string
  /** Texts of recordings, in their order. */
  transcribe(files: readonly string[]): Promise<Transcription[]>
  close?(): Promise<void>
}

/** The frame of a runner: opens the program, measures, prints the outcome. */
export async function runJob(open: (job: Job) => Promise<Program>): Promise<void> {
  const job = Job.parse(JSON.parse(process.argv[2] ?? ''))
  const program = await open(job)
  const [first = ''] = job.files
  await program.transcribe([first])
  const oneSeconds: number[] = []
  for (let repeat = 0; repeat < job.repeats; repeat++) {
    const began = performance.now()
    await program.transcribe([first])
    oneSeconds.push((performance.now() - began) / 1000)
  }
  const began = performance.now()
  const made = await program.transcribe(job.files)
  const manySeconds = (performance.now() - began) / 1000
  await program.close?.()
  const tokens = made.flatMap(one => one.tokens ?? [])
  const outcome: Outcome = {
    version: program.version,
    oneSeconds,
    manySeconds,
    ...(tokens.length === made.length && {tokens}),
    texts: made.map(({text}) => text),
  }
  console.log(JSON.stringify(outcome))
}
