import type {TranscribeEvent} from './events.js'
import type {DecodingOptions} from './models/decoding-options.js'
import type {ModelFolder} from './models/model-folder.js'
import {beamsOf, type Model, type OpenModelOptions, openModel} from './open-model.js'

/**
 * Opens a model for many recordings, and tells with what.
 *
 * @throws LinguluError as {@link openModel}; the signal's reason
 */
export async function openBatchModel(
  folder: ModelFolder,
  decoding: DecodingOptions,
  options: OpenModelOptions,
  {
    emit,
    signal,
  }: {
    readonly emit: (event: Extract<TranscribeEvent, {type: 'model' | 'warning'}>) => void
    readonly signal: AbortSignal
  },
): Promise<Model> {
  const warn = (message: string) => emit({type: 'warning', name: undefined, message})
  const model = await openModel(folder, {...options, beams: beamsOf(decoding), onWarning: warn, signal})
  const {info, provider, batchSize} = model
  emit({type: 'model', info, provider, batchSize})
  if (batchSize > 1 && folder.kind === 'whisper' && folder.dynamic.decoder)
    warn(
      `This model's decoder (${info.precision}) scales activations over the whole batch: with --batch-size ${batchSize} results may differ slightly from those of batch size 1.`,
    )
  return model
}
