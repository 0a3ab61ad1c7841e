import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {trainFlags} from '../flags/train-flags.js'
import type {TrainResult} from '../terminal/run-train.js'

export default class Train extends LinguluCommand {
  static override readonly summary = 'Train or fine-tune a model: CTC, Whisper, classification, speakers.'
  static override readonly description =
    `Trains what a configuration says, from scratch or from a checkpoint, on the CPU with nothing to install, or on what "lingulu doctor --train" finds. Checkpoints are folders in Hugging Face's style, which "lingulu export" makes ONNX of.

Ctrl-C saves a checkpoint; --resume goes on from the last one, exactly as if nothing had happened.

Exit codes: 0 trained, 2 wrong configuration or data, 3 the loss diverged or nothing can be written, 5 an engine or model is missing, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> my-model.json',
    '<%= config.bin %> <%= command.id %> my-model.json --set learning_rate=0.0005 --set output_dir=runs/second',
    '<%= config.bin %> <%= command.id %> my-model.json --resume',
  ]
  static override readonly args = {
    config: Args.string({
      description:
        'A JSON file, or the name of a preset: ctc, wav2vec2, whisper, whisper-lora, classification, speaker',
    }),
  }
  static override readonly flags = trainFlags

  async run(): Promise<TrainResult | object> {
    const {args, flags} = await this.parse(Train)
    const {readTrainConfig, trainConfigSchema} = await import('../pipeline/training/config/read-train-config.js')
    if (flags.schema) return this.#printed(trainConfigSchema())
    const config = await readTrainConfig(args.config, flags.set)
    if (flags['dry-run']) return this.#printed(config)
    const {repeatingCommand} = await import('../terminal/repeating-command.js')
    const {formatTraining} = await import('../terminal/format-training.js')
    const {runTrain} = await import('../terminal/run-train.js')
    const command = repeatingCommand('train', this.argv)
    const result = await runTrain(config, {resume: flags.resume, command}, {quiet: flags.quiet || this.jsonEnabled()})
    this.log(formatTraining(result.done))
    return result
  }

  #printed(document: object): object {
    this.log(JSON.stringify(document, undefined, 2))
    return document
  }
}
