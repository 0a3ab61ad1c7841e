import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../../command.js'
import {modelFlags} from '../../flags/model-flags.js'

interface Pulled {
  readonly name: string
  readonly path: string
}

export default class ModelsPull extends LinguluCommand {
  static override readonly summary = 'Fetch a model into the cache.'
  static override readonly description =
    `Only the files that the precision needs are fetched, each is checked, and a download that broke off goes on where it ended. HF_ENDPOINT, HF_TOKEN and HTTPS_PROXY are honoured.

Exit codes: 0 it is there, 2 wrong usage, 5 it cannot be had, 130 interrupted.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> whisper-base.en',
    '<%= config.bin %> <%= command.id %> openai/whisper-small --precision q8',
    '<%= config.bin %> <%= command.id %> someone/whisper-finetuned --revision v1.2',
  ]
  static override readonly args = {
    model: Args.string({
      required: true,
      description: 'A name from `lingulu models list`, or a hub id owner/name[@revision].',
    }),
  }
  static override readonly flags = {
    precision: modelFlags.precision,
    revision: Flags.string({description: 'Branch, tag or commit of the repository.'}),
    weights: Flags.boolean({description: 'The safetensors weights, for `lingulu export`, instead of the ONNX files.'}),
    offline: Flags.boolean({description: 'Fetch nothing: only look whether it is here.'}),
  }

  async run(): Promise<Pulled> {
    const {args, flags} = await this.parse(ModelsPull)
    const {runPull} = await import('../../terminal/run-pull.js')
    const pulled = await runPull(flags.revision === undefined ? args.model : `${args.model}@${flags.revision}`, {
      precision: flags.precision,
      content: flags.weights ? 'weights' : 'onnx',
      offline: flags.offline,
      quiet: this.jsonEnabled(),
    })
    this.log(pulled.path)
    return pulled
  }
}
