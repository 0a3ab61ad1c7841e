import {Flags} from '@oclif/core'
import {soundFlags} from './audio-flags.js'
import {datasetFlags, subsetFlags} from './dataset-flags.js'

/** `--seed` is Whisper's here, so that the other draws have longer names. */
export const sampleFlags = {
  ...datasetFlags,
  subset: subsetFlags.subset,
  'subset-seed': Flags.integer({
    helpGroup: 'DATA SET',
    dependsOn: ['subset'],
    description: 'Another number draws another sample. Default: 1.',
  }),
}

const output = 'REPORT'

export const reportFlags = {
  report: Flags.string({
    helpGroup: output,
    helpValue: '<name.md>',
    description: 'Write a Markdown report, with JSON, charts and the hypotheses beside it.',
  }),
  html: Flags.string({helpGroup: output, helpValue: '<file>', description: 'Write an HTML report with players.'}),
  junit: Flags.string({helpGroup: output, helpValue: '<file>', description: 'Write the gates as JUnit XML.'}),
  github: Flags.boolean({
    helpGroup: output,
    description: 'In GitHub Actions: write the step summary and annotations.',
  }),
  name: Flags.string({helpGroup: output, description: 'Title of the report. Default: the model and the data set.'}),
  by: Flags.string({
    helpGroup: output,
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    description: 'Break down by speaker, length, language or columns of the data set. Default: speaker,length.',
  }),
  worst: Flags.integer({
    helpGroup: output,
    min: 0,
    description: 'Show so many utterances with most errors, with their alignment. Reports have 20 by default.',
  }),
  texts: Flags.boolean({
    helpGroup: output,
    allowNo: true,
    default: true,
    description: 'Keep references and hypotheses in the reports. Default: on.',
  }),
  'bootstrap-samples': Flags.integer({
    helpGroup: output,
    min: 100,
    description: 'Resamples of each confidence interval. Default: 10000.',
  }),
  'bootstrap-seed': Flags.integer({helpGroup: output, description: 'Of the confidence intervals. Default: 1.'}),
  json: Flags.boolean({helpGroup: output, description: 'Print the whole report as one JSON document.'}),
  quiet: Flags.boolean({char: 'q', helpGroup: output, description: 'Nothing on stderr but what has failed.'}),
}

const hypotheses = 'HYPOTHESES'

export const hypothesesFlags = {
  hyps: Flags.string({
    helpGroup: hypotheses,
    helpValue: '<file.jsonl>',
    description: 'Keep the hypotheses there as they come. Default: beside the report.',
  }),
  resume: Flags.boolean({
    helpGroup: hypotheses,
    description: 'Go on with the hypotheses of a run that was interrupted.',
  }),
  force: Flags.boolean({
    helpGroup: hypotheses,
    exclusive: ['resume'],
    description: 'Replace hypotheses of another run, and files that are no earlier report.',
  }),
  from: Flags.string({
    helpGroup: hypotheses,
    helpValue: '<file.jsonl>',
    exclusive: ['hyps', 'resume', 'model'],
    description: 'Score these instead: kept by evaluate, printed by transcribe --jsonl, or lines with id and text.',
  }),
}

/** Of the sound; an utterance is one recording, so that channels are not split. */
export const utteranceFlags = {
  ...soundFlags,
  channel: Flags.option({options: ['mix', 'left', 'right'] as const})({
    helpGroup: 'AUDIO',
    description: 'The mean of the channels, or one of them. Default: mix.',
  }),
}
