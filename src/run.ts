import {execute} from '@oclif/core'

/** Runs the command that `args` name. `dir` is the URL of the executable, by which oclif finds the package. */
export async function run(args: string[], dir: string): Promise<void> {
  await execute({args, dir})
}
