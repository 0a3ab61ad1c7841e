import {openVoiceDetector} from './open-voice-detector.js'
import {parseSpeechOptions, VadOptions} from './options.js'
import {createSpeechGate} from './speech-gate.js'
import type {SpeechRegion} from './speech-regions.js'

/**
 * Where a recording holds speech.
 *
 * @param samples 16 kHz mono
 * @returns regions in order that do not overlap, in samples
 * @throws LinguluError CONFIG_INVALID for impossible options; MODEL_MISSING, MODEL_INVALID for the detector's model
 */
export async function findSpeech(samples: Float32Array, options: Partial<VadOptions> = {}): Promise<SpeechRegion[]> {
  const rules = parseSpeechOptions(VadOptions, options)
  const detector = await openVoiceDetector(rules)
  try {
    const gate = createSpeechGate(detector, rules)
    await gate.push(samples)
    return [...(await gate.finish()).regions]
  } finally {
    await detector.close()
  }
}
