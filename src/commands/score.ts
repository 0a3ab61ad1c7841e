import {Args, Flags} from '@oclif/core'
import {LinguluCommand} from '../command.js'
import {scoringFlags, scoringOptions} from '../flags/scoring-flags.js'
import {refuseSpeakerFlags, speakerScoringFlags, speakerScoringOptions} from '../flags/speaker-scoring-flags.js'
import type {SpeakerScore} from '../pipeline/scoring/diarization/speaker-score.js'
import {hasSpeakers} from '../pipeline/scoring/diarization/speaker-scoring-kind.js'
import type {ScoreDocument} from '../pipeline/text-pairs/score-document.js'

export default class Score extends LinguluCommand {
  static override readonly summary =
    'Score texts against reference texts (WER, CER, MER, WIL, WIP), or who spoke when (DER, JER, cpWER). No audio is needed.'
  static override readonly description =
    `Plain texts are paired line by line; TRN, CSV, TSV and JSON lines (also those of transcribe --jsonl) by their ids. - is stdin, on one side. Texts are compared as they are, unless --normalizer says otherwise.

Files with speakers: two .rttm give the diarization and Jaccard error rates; .stm, .ctm and .seglst.json in any pair give cpWER.

Exit codes: 0 done, 2 wrong usage or texts that cannot be paired.`
  static override readonly examples = [
    '<%= config.bin %> <%= command.id %> references.txt hypotheses.txt',
    '<%= config.bin %> <%= command.id %> references.trn hypotheses.trn --normalizer english --alignments',
    '<%= config.bin %> transcribe recordings/ -m whisper-base --jsonl | <%= config.bin %> <%= command.id %> references.csv - --by speaker',
    '<%= config.bin %> <%= command.id %> reference.rttm hypothesis.rttm --collar 0.25 --ignore-overlap',
  ]
  static override readonly args = {
    reference: Args.string({
      required: true,
      description:
        'What was said: .txt, .trn, .csv, .tsv, .jsonl, or -; with speakers .rttm, .stm, .ctm, .seglst.json.',
    }),
    hypothesis: Args.string({required: true, description: 'What was recognised, in any of these forms, or -.'}),
  }
  static override readonly flags = {
    ...scoringFlags,
    alternatives: Flags.boolean({
      helpGroup: 'SCORING',
      description: 'Read {a / b / @} in the texts as alternatives, as sclite does in TRN.',
    }),
    ...speakerScoringFlags,
    alignments: Flags.boolean({
      char: 'a',
      helpGroup: 'OUTPUT',
      description: 'Show how the words of each utterance with errors were aligned.',
    }),
    by: Flags.string({
      helpGroup: 'OUTPUT',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      description: 'Break down by speaker, length, or columns of the references.',
    }),
  }

  async run(): Promise<ScoreDocument | SpeakerScore> {
    const {args, flags} = await this.parse(Score)
    if (hasSpeakers(args.reference) || hasSpeakers(args.hypothesis)) {
      const {runSpeakerScore} = await import('../terminal/run-speaker-score.js')
      return runSpeakerScore(speakerScoringOptions(args, flags), text => this.log(text))
    }
    refuseSpeakerFlags(flags)
    const {runScore} = await import('../terminal/run-score.js')
    const {alignments, alternatives, by} = flags
    const scoring = {...scoringOptions(flags, 'none'), alternatives: alternatives ? {} : undefined}
    return runScore({...args, scoring, alignments, by}, text => this.log(text))
  }
}
