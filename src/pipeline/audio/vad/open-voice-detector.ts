import {createEnergyDetector} from './energy-detector.js'
import type {VoiceDetector} from './voice-detector.js'

/**
 * The detector that the options ask for: Silero where a model is given, else the built-in one.
 *
 * @throws LinguluError MODEL_MISSING, MODEL_INVALID
 */
export async function openVoiceDetector({model}: {readonly model?: string | undefined}): Promise<VoiceDetector> {
  if (model === undefined) return createEnergyDetector()
  // ONNX Runtime is loaded only for those who need it.
  const {openSilero} = await import('./silero.js')
  return openSilero(model)
}
