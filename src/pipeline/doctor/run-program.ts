/** What an external program printed, standard output and errors together; undefined if it is missing, fails or hangs. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string | undefined>

const TIMEOUT_MS = 10_000

export const runProgram: RunProgram = async (program, args) => {
  // Not loaded by those who import the library for other things.
  const {execa} = await import('execa')
  const {all, failed} = await execa(program, args, {all: true, reject: false, stdin: 'ignore', timeout: TIMEOUT_MS})
  return failed ? undefined : all
}
