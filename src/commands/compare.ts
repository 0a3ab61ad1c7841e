import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import type {ComparisonDocument} from '../pipeline/comparison/comparison-document.js'

export default class Compare extends LinguluCommand {
  static override readonly summary = 'Put the reports of evaluations side by side, and test whether they differ.'
  static override readonly description =
    `The others are compared with the first. Differences are tested (MAPSSWE, McNemar, paired bootstrap) where data set, normalizer and scoring are the same.

Exit codes: 0 compared, whatever came of it; 2 wrong usage, or a file that is no report.`
  static override readonly usage = 'compare REPORTS... [OPTIONS]'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> fp32.json int8.json',
    '<%= config.bin %> <%= command.id %> reports/*.json --markdown comparison.md',
  ]
  static override readonly strict = false
  static override readonly args = {
    reports: Args.string({
      description: 'Two or more JSON reports of `lingulu evaluate`.',
    }),
  }
  static override readonly flags = {
    changed: Flags.integer({
      default: 10,
      min: 0,
      description: 'Utterances to list whose number of errors changed most.',
    }),
    markdown: Flags.string({helpValue: '<file>', description: 'Write the comparison to this file too.'}),
    force: Flags.boolean({dependsOn: ['markdown'], description: 'Write over the Markdown file if it is there.'}),
  }

  async run(): Promise<ComparisonDocument> {
    const {argv, flags} = await this.parse(Compare)
    const {runCompare} = await import('../terminal/run-compare.js')
    return await runCompare(argv.map(String), flags, line => this.log(line))
  }
}
