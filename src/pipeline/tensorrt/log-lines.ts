/** How `trtexec` ranks a message: verbose, information, warning, error, fatal. */
export type LogLevel = 'V' | 'I' | 'W' | 'E' | 'F'

export interface LogLine {
  readonly level: LogLevel
  /** Without time and level; the lines that belong to one message joined by line feeds. */
  readonly text: string
}

const PREFIXED = /^(?:\[\d\d\/\d\d\/\d{4}-\d\d:\d\d:\d\d\] )?\[([VIWEF])\] ?(.*)$/

/**
 * The messages of a `trtexec` log, in order. Lines without a level continue the message before them; `&&&&` lines stand
 * for themselves and are left out.
 */
export function logLines(text: string): LogLine[] {
  const lines: {level: LogLevel; text: string}[] = []
  let current: {level: LogLevel; text: string} | undefined
  for (const line of text.split(/\r?\n/)) {
    const [, level, message] = PREFIXED.exec(line) ?? []
    if (level !== undefined && message !== undefined) {
      current = {level: level as LogLevel, text: message.trimEnd()}
      lines.push(current)
    } else if (line.startsWith('&&&&')) current = undefined
    else if (current !== undefined && line.trim() !== '') current.text += `\n${line.trimEnd()}`
  }
  return lines
}
