/** Operators of ONNX Runtime's own, with their version: the layout `fused` has them. */
export const MICROSOFT = 'com.microsoft'
export const FUSED_DOMAINS = {[MICROSOFT]: 1} as const
