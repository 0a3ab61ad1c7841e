/** Samples that are judged at once: 32 ms. All detectors use Silero's window. */
export const VAD_WINDOW_SAMPLES = 512

/** Judges a recording window by window, from its start. */
export interface VoiceDetector {
  /** How sure it is that the next 512 samples hold speech, 0 to 1. */
  score(window: Float32Array): Promise<number>
  /** Forgets what it has heard: the next window starts another recording. */
  reset(): void
  close(): Promise<void>
}
