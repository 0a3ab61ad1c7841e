import type {Device} from '../runtime/session.js'
import type {PlannedFile} from './plan-quantization.js'

/** What a user should know who quantizes for a device, a sentence each; nothing where the device is not told. */
export function deviceNotes(files: readonly PlannedFile[], device: Device | undefined): string[] {
  const has = (method: string, parts = ['encoder', 'decoder', 'model']) =>
    files.some(({part, steps}) => parts.includes(part) && steps.some(step => step.method === method))
  const notes: string[] = []
  const isGpu = device !== undefined && device !== 'cpu' && device !== 'auto'
  if (isGpu && has('dynamic-int8'))
    notes.push(
      `ONNX Runtime has no kernels for dynamic int8 on ${device}: these products would run on the CPU, with copies back and forth. Take --method gpu, or tensorrt.`,
    )
  if (device === 'webgpu' && has('static-int8'))
    notes.push('ONNX Runtime computes static int8 in floats on webgpu: smaller, and not faster. Take --method gpu.')
  if (device === 'cpu' && has('float16'))
    notes.push('CPUs compute float16 in float32: the files are half as large, and not faster.')
  if (device === 'cpu' && ['int8-weights', 'int4-weights'].some(method => has(method, ['encoder', 'model'])))
    notes.push('Weight-only quantization makes encoders and CTC models smaller, and on CPUs mostly slower: take cpu.')
  return notes
}
