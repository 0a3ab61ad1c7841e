/** Which ONNX files are made of a checkpoint, and of which operators. */
export const LAYOUTS = ['fused', 'huggingface', 'split'] as const

/**
 * - `fused`: for lingulu, with ONNX Runtime's own operators. Whisper's decode loop is in the graph.
 * - `huggingface`: names, inputs and outputs of Hugging Face's optimum, and ONNX's operators only.
 * - `split`: the same with Whisper's decoder in two files and not merged: graphs without an `If`.
 */
export type Layout = (typeof LAYOUTS)[number]

export const EXPORT_PRECISIONS = ['fp32', 'fp16'] as const
export type ExportPrecision = (typeof EXPORT_PRECISIONS)[number]
