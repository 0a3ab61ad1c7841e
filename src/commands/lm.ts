import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {lmFlags} from '../flags/lm-flags.js'
import type {LmResult} from '../terminal/run-lm.js'

export default class Lm extends LinguluCommand {
  static override readonly summary = 'Make an n-gram language model of texts; prune, convert, mix and measure them.'
  static override readonly description =
    `Interpolated modified Kneser-Ney smoothing, as KenLM’s lmplz. \`lingulu transcribe --lm\` takes what it writes.

Exit codes: 0 it is there, 2 wrong usage or a text that cannot be used, 3 a text cannot be read or the model not written, 5 a model of --in or --mix cannot be used, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> corpus.txt.gz --out lm.bin --bits 8 --prune-entropy 1e-8',
    '<%= config.bin %> <%= command.id %> train.txt LibriSpeech/dev-clean -o lm.arpa --case upper --perplexity test.txt',
    '<%= config.bin %> <%= command.id %> ours.txt --mix general.arpa --tune held-out.txt -o lm.bin --vocabulary-size 40000',
    '<%= config.bin %> <%= command.id %> --in 3-gram.arpa.gz --out 3-gram.bin',
  ]
  static override readonly strict = false
  static override readonly args = {
    texts: Args.string({
      description:
        'Text files with a sentence on each line (may be gzipped), data sets, LibriSpeech’s .trans.txt, or - for stdin.',
    }),
  }
  static override readonly flags = lmFlags

  async run(): Promise<LmResult> {
    const {argv, flags} = await this.parse(Lm)
    const {lmOptions} = await import('../flags/lm-options.js')
    const {formatLm, runLm} = await import('../terminal/run-lm.js')
    const request = {
      ...lmOptions(flags),
      texts: argv.map(String),
      perplexity: flags.perplexity ?? [],
      tune: flags.tune ?? [],
    }
    const result = await runLm(request, {quiet: flags.quiet || this.jsonEnabled()})
    this.log(formatLm(result))
    return result
  }
}
