import {Flags} from '@oclif/core'

const helpGroup = 'OUTPUT'

export const outputFlags = {
  format: Flags.string({
    char: 'f',
    helpGroup,
    description:
      'Files to write: txt, srt, vtt, tsv, csv, json (several with commas) or all. Default: none, or all with --output-dir.',
  }),
  'output-dir': Flags.string({
    char: 'o',
    helpGroup,
    description: 'Folder for the files; it mirrors the input folders. Default: the current folder.',
  }),
  'output-name': Flags.option({options: ['stem', 'full', 'path'] as const})({
    helpGroup,
    description: 'a.txt for a.wav (stem), a.wav.txt (full), or with all folders (path). Default: stem.',
  }),
  'on-exists': Flags.option({options: ['skip', 'overwrite', 'rename', 'error'] as const})({
    helpGroup,
    description: 'What to do about outputs that are there already. Default: error.',
  }),
  resume: Flags.boolean({helpGroup, description: 'Go on with the run that was interrupted in this output folder.'}),
  'json-layout': Flags.option({options: ['openai', 'full'] as const})({
    helpGroup,
    description: "OpenAI's keys alone, or with model, options and doubts too. Default: openai.",
  }),
  json: Flags.boolean({helpGroup, description: 'Print one JSON document with all results at the end.'}),
  jsonl: Flags.boolean({
    helpGroup,
    exclusive: ['json'],
    description: 'Print a JSON line for every recording as it is done, and one for the run at the end.',
  }),
  'fail-fast': Flags.boolean({helpGroup, description: 'Begin no further recording after one has failed.'}),
  'dry-run': Flags.boolean({helpGroup, description: 'Say what would be done, and do nothing.'}),
  quiet: Flags.boolean({char: 'q', helpGroup, description: 'Nothing on stderr but what has failed.'}),
}

const subtitles = 'SUBTITLE'

export const subtitleFlags = {
  'max-line-width': Flags.integer({
    helpGroup: subtitles,
    min: 1,
    description: 'Characters per line. Subtitle flags need --word-timestamps.',
  }),
  'max-line-count': Flags.integer({helpGroup: subtitles, min: 1, description: 'Lines per cue, with --max-line-width.'}),
  'max-words-per-line': Flags.integer({
    helpGroup: subtitles,
    min: 1,
    description: 'Words per cue; no effect with --max-line-width.',
  }),
  'highlight-words': Flags.boolean({helpGroup: subtitles, description: 'Underline each word as it is spoken.'}),
}
