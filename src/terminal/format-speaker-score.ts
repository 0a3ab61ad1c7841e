import type {CpScore, DiarizationScore, SpeakerScore} from '../pipeline/scoring/diarization/speaker-score.js'
import {formatPercent} from '../pipeline/text/format-percent.js'
import {visibleText} from '../pipeline/text/visible-text.js'
import {formatTable} from './format-table.js'

/** A table with a line for each recording, the sum below, and the conditions under which it was measured. */
export function formatSpeakerScore(score: SpeakerScore): string {
  return score.type === 'diarization' ? formatDiarization(score) : formatCp(score)
}

function formatDiarization(score: DiarizationScore): string {
  const row = (
    name: string,
    of: Omit<DiarizationScore['recordings'][number], 'recording' | 'speakers' | 'mapping'>,
  ) => [
    name,
    formatPercent(of.der),
    formatPercent(share(of.missedSeconds, of.totalSeconds)),
    formatPercent(share(of.falseAlarmSeconds, of.totalSeconds)),
    formatPercent(share(of.confusionSeconds, of.totalSeconds)),
    formatPercent(of.jer),
    `${of.totalSeconds.toFixed(2)} s`,
  ]
  const rows = [
    ...score.recordings.map(of => [
      ...row(visibleText(of.recording), of),
      `${of.speakers.reference} / ${of.speakers.hypothesis}`,
    ]),
    [...row('all', score), ''],
  ]
  const {collarSeconds, ignoreOverlap, uem} = score.options
  const conditions = [
    collarSeconds === 0 ? 'no collar' : `collar ${collarSeconds} s on each side`,
    ignoreOverlap ? 'overlap ignored' : 'overlap scored',
    uem === null ? 'no UEM' : `UEM ${visibleText(uem)}`,
  ]
  const head = ['recording', 'DER', 'missed', 'false alarm', 'confusion', 'JER', 'speech', 'speakers']
  return `${formatTable([head, ...rows])}\n\nDER ${formatPercent(score.der)} (${conditions.join(', ')})`
}

function formatCp(score: CpScore): string {
  const row = (name: string, of: Omit<CpScore['sessions'][number], 'session' | 'assignment'>) => [
    name,
    formatPercent(of.cpwer),
    String(of.substitutions),
    String(of.deletions),
    String(of.insertions),
    String(of.referenceWords),
    `${of.speakers.reference} / ${of.speakers.hypothesis}`,
  ]
  const head = ['session', 'cpWER', 'subs', 'dels', 'ins', 'words', 'speakers']
  const rows = [...score.sessions.map(of => row(visibleText(of.session), of)), row('all', score)]
  const {name, hash} = score.normalizer
  return `${formatTable([head, ...rows])}\n\ncpWER ${formatPercent(score.cpwer)} (normalizer ${name} ${hash})`
}

const share = (seconds: number, total: number): number | null => (total === 0 ? null : seconds / total)
