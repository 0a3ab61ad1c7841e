import {Args} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {audioFlags} from '../flags/audio-flags.js'
import {ctcFlags} from '../flags/ctc-flags.js'
import {liveFlags} from '../flags/live-flags.js'
import {modelFlags} from '../flags/model-flags.js'
import {outputFlags, subtitleFlags} from '../flags/output-flags.js'
import {whisperFlags} from '../flags/whisper-flags.js'
import type {PlanDocument, RunDocument} from '../pipeline/transcripts/results.js'

export default class Transcribe extends LinguluCommand {
  static override readonly summary = 'Transcribe recordings: files, folders, globs, manifests or stdin.'
  static override readonly description =
    `Prints the text, or writes files where --format or --output-dir is given. One bad file never stops the others.

Exit codes: 0 all done, 2 wrong usage, 3 some inputs failed and the rest is done, 5 the model or the device is not available, 130 interrupted (go on with --resume).`
  static override readonly usage = 'transcribe INPUTS... [OPTIONS]'
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> talk.mp3 --model whisper-base',
    '<%= config.bin %> <%= command.id %> recordings/ -m whisper-small -f srt,json -o transcripts --resume',
    'arecord -f S16_LE -r 16000 -c 1 -t raw | <%= config.bin %> <%= command.id %> - --raw s16le --live -m whisper-base',
  ]
  static override readonly strict = false
  static override readonly args = {
    inputs: Args.string({description: 'Files, folders, globs, manifests (.csv, .tsv, .jsonl), or - for stdin.'}),
  }
  static override readonly flags = {
    ...outputFlags,
    ...modelFlags,
    ...audioFlags,
    ...liveFlags,
    ...whisperFlags,
    ...ctcFlags,
    ...subtitleFlags,
  }

  async run(): Promise<RunDocument | PlanDocument | undefined> {
    const {argv, flags} = await this.parse(Transcribe)
    const {transcribeOptions} = await import('../flags/transcribe-options.js')
    const options = transcribeOptions(argv.map(String), flags)
    if (flags.live) {
      const {runLive} = await import('../terminal/run-live.js')
      process.exitCode = await runLive(options, flags, line => this.log(line))
      return
    }
    const {runTranscribe} = await import('../terminal/run-transcribe.js')
    const {document, exitCode} = await runTranscribe(options, {
      print: line => this.log(line),
      quiet: flags.quiet,
      stdout: this.jsonEnabled() ? 'json' : flags.jsonl ? 'jsonl' : 'text',
    })
    process.exitCode = exitCode
    return document
  }
}
