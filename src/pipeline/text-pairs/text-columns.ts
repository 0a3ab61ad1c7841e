/** Columns that hold a hypothesis. They go before `text`, where manifests have the reference: NeMo writes both in a row. */
export const HYPOTHESIS_COLUMNS: readonly string[] = ['hypothesis', 'hyp', 'pred_text', 'prediction']
