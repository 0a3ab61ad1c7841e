import {type ErrorRecord, fromErrorRecord, LinguluError, toErrorRecord} from '../errors.js'
import {processDeath} from './process-death.js'
import {forkEntry} from './start-entry.js'

/* A process of ours that answers questions: native code that crashes there, and memory that it takes, harm nobody else. */

type Reply<Answer, Progress> =
  | {readonly type: 'progress'; readonly progress: Progress}
  | {readonly type: 'answer'; readonly answer: Answer}
  | {readonly type: 'failed'; readonly error: ErrorRecord}

export interface AskedProcess<Question, Answer, Progress> extends AsyncDisposable {
  /**
   * Asks, and waits for the answer; one question at a time.
   *
   * @throws what answering throws; LinguluError WORKER_CRASHED if the process dies over it; the signal's reason
   */
  ask(question: Question, onProgress?: (progress: Progress) => void): Promise<Answer>
  /** Ends the process at once and waits until it is gone. */
  close(): Promise<void>
}

export interface AskedProcessOptions {
  /** What the process does, as the beginning of a sentence: `The process that compares models`. */
  readonly who: string
  /** Ends the process. */
  readonly signal?: AbortSignal | undefined
}

/** Starts a module that calls {@link answerQuestions}. */
export function startAskedProcess<Question extends object, Answer, Progress = never>(
  entry: URL,
  {who, signal}: AskedProcessOptions,
): AskedProcess<Question, Answer, Progress> {
  signal?.throwIfAborted()
  const child = forkEntry(entry)
  const gone = processDeath(child, who)
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, {once: true})
  void gone.then(() => signal?.removeEventListener('abort', kill))
  const close = async () => {
    kill()
    await gone
  }
  return {
    ask: (question, onProgress) =>
      new Promise<Answer>((resolve, reject) => {
        const listen = (reply: Reply<Answer, Progress>) => {
          if (reply.type === 'progress') return onProgress?.(reply.progress)
          child.off('message', listen)
          if (reply.type === 'answer') resolve(reply.answer)
          else reject(fromErrorRecord(reply.error))
        }
        child.on('message', listen)
        void gone.then(reason => reject(signal?.aborted ? signal.reason : new LinguluError('WORKER_CRASHED', reason)))
        // A child that has died cannot be written to; `gone` tells of it.
        if (child.connected) child.send(question, () => {})
      }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** For the entry of such a process: answers each question with what `answer` gives, or throws. */
export function answerQuestions<Question, Answer, Progress = never>(
  answer: (question: Question, tell: (progress: Progress) => void) => Promise<Answer>,
): void {
  const send = (reply: Reply<Answer, Progress>) => process.send?.(reply)
  process.on('message', async (question: Question) => {
    try {
      send({type: 'answer', answer: await answer(question, progress => send({type: 'progress', progress}))})
    } catch (error) {
      send({type: 'failed', error: toErrorRecord(error)})
    }
  })
  // Whoever started us is gone: there is nobody left to work for.
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group. The main process decides what becomes of the work under way.
  process.on('SIGINT', () => {})
}
