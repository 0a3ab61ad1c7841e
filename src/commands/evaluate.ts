import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {ctcFlags} from '../flags/ctc-flags.js'
import {hypothesesFlags, reportFlags, sampleFlags, utteranceFlags} from '../flags/evaluate-flags.js'
import {gateFlags} from '../flags/gate-flags.js'
import {modelFlags} from '../flags/model-flags.js'
import {scoringFlags} from '../flags/scoring-flags.js'
import {whisperFlags} from '../flags/whisper-flags.js'
import type {EvaluationReport} from '../pipeline/evaluation/evaluation-report.js'
import {repeatingCommand} from '../terminal/repeating-command.js'

export default class Evaluate extends LinguluCommand {
  static override readonly summary = 'Evaluate a model on a data set: error rates, speed, reports and gates.'
  static override readonly description =
    `Recognises every utterance of a data set, compares the texts with the references and prints WER and CER with their confidence intervals. Gates make it fail where a model is not good enough.

Exit codes: 0 done and no gate failed, 2 wrong usage or a data set with errors, 3 some utterances failed, 4 a gate failed, 5 the model or the device is not available, 130 interrupted (go on with --resume).`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> librispeech-test-clean --model whisper-tiny --report reports/tiny.md',
    '<%= config.bin %> <%= command.id %> manifest.csv -m whisper-base --subset 200 --max-wer 8%',
    '<%= config.bin %> <%= command.id %> manifest.csv --from reports/tiny.hyps.jsonl --normalizer basic',
  ]
  static override readonly args = {
    dataset: Args.string({
      required: true,
      description: 'A name from `lingulu datasets list`, or a folder or manifest with recordings and their texts.',
    }),
  }
  static override readonly flags = {
    ...reportFlags,
    ...gateFlags,
    'update-baseline': Flags.boolean({
      helpGroup: 'GATE',
      dependsOn: ['baseline'],
      description: 'Replace the baseline by this report if no gate and no utterance fails; make it if there is none.',
    }),
    ...sampleFlags,
    ...hypothesesFlags,
    ...scoringFlags,
    ...modelFlags,
    ...utteranceFlags,
    ...whisperFlags,
    ...ctcFlags,
  }

  async run(): Promise<EvaluationReport> {
    const {args, flags} = await this.parse(Evaluate)
    const {evaluateOptions} = await import('../flags/evaluate-options.js')
    const {runEvaluate} = await import('../terminal/run-evaluate.js')
    const options = {...evaluateOptions(args.dataset, flags), command: repeatingCommand('evaluate', this.argv)}
    const {report, exitCode} = await runEvaluate(options, {
      print: line => this.log(line),
      quiet: flags.quiet,
      json: this.jsonEnabled(),
      worst: flags.worst,
      github: flags.github,
    })
    process.exitCode = exitCode
    return report
  }
}
