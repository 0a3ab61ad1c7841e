import type {ChildProcess} from 'node:child_process'
import {stripVTControlCharacters} from 'node:util'

/** How much of what a process prints is kept to explain its death. */
const LAST_WORDS_CHARACTERS = 1000

/** Resolves with a sentence when a process of ours is gone and all its output read. `who` begins the sentence. */
export function processDeath(child: ChildProcess, who: string): Promise<string> {
  let printed = ''
  const keep = (text: string) => {
    printed = (printed + text).slice(-LAST_WORDS_CHARACTERS)
  }
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  return new Promise(resolve => {
    child.once('error', error => resolve(`${who} does not start: ${error.message}.`))
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}${SIGNAL_MEANINGS[signal] ?? ''}`
      const words = stripVTControlCharacters(printed).replace(/\s+/g, ' ').trim()
      resolve(`${who} ${how}.${words === '' ? '' : ` It printed: ${words}`}`)
    })
  })
}

const SIGNAL_MEANINGS: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: ' (often: the system was out of memory)',
  SIGSEGV: ' (a fault in native code)',
  SIGABRT: ' (native code gave up)',
  SIGILL: ' (this CPU lacks an instruction that native code uses)',
}
