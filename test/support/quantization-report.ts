import type {ModelMeasurement, QuantizationReport} from '../../src/pipeline/quantize/quantization-report.js'

const model = (change: Partial<ModelMeasurement>): ModelMeasurement => ({
  name: 'tiny',
  hash: 'a'.repeat(64),
  precision: 'fp32',
  bytes: 40_000_000,
  load: {rounds: 3, median: 0.2, low: 0.19, high: 0.25},
  latencies: [
    {
      graph: 'encoder_model',
      pass: 'encoder pass',
      input: {name: 'input_features', shape: [1, 80, 3000]},
      rounds: 10,
      median: 0.1,
      low: 0.09,
      high: 0.12,
    },
  ],
  accuracy: {
    wer: 0.07,
    cer: 0.03,
    wordErrors: 70,
    words: 1000,
    interval: {low: 0.06, high: 0.08, level: 0.95},
    utterances: 50,
    failed: 0,
    batchSize: 1,
  },
  speed: {rtfx: 10, audioSeconds: 500, wallSeconds: 50},
  unmeasured: [],
  ...change,
})

const layer = (rank: number, name: string, error: number | null): QuantizationReport['sensitivity'][number] => ({
  graph: 'encoder_model',
  name,
  nodes: [`${name}/fc1/MatMul`],
  rank,
  output: error === null ? null : 'last_hidden_state',
  notFinite: 0,
  maxAbsoluteError: error,
  rmsRelativeError: error,
  argMaxAgreement: null,
})

/** A report of a search that kept one of three layers. */
export function quantizationReport(change: Partial<QuantizationReport> = {}): QuantizationReport {
  const source = model({})
  const candidate = model({
    precision: 'int8',
    bytes: 12_000_000,
    speed: {rtfx: 25, audioSeconds: 500, wallSeconds: 20},
    accuracy: {...source.accuracy, wer: 0.071, wordErrors: 71} as NonNullable<ModelMeasurement['accuracy']>,
    latencies: source.latencies.map(latency => ({...latency, median: 0.05})),
  })
  return {
    type: 'quantization',
    schema: 1,
    name: 'tiny',
    options: {method: 'dynamic-int8'},
    source,
    candidate,
    outputErrors: [],
    sensitivity: [layer(1, '/layers.2', 0.04), layer(2, '/layers.0', 0.02), layer(3, '/layers.1', 0.01)],
    search: {
      budget: 0.002,
      groups: 3,
      candidates: [
        {kept: 0, wer: 0.09, increase: 0.02, holds: false, bytes: 10_000_000, rtfx: 26},
        {kept: 1, wer: 0.071, increase: 0.001, holds: true, bytes: 12_000_000, rtfx: null},
      ],
      kept: [{graph: 'encoder_model', name: '/layers.2', nodes: ['/layers.2/fc1/MatMul']}],
      monotone: true,
    },
    calibration: {recordings: 32, graphs: [{graph: 'encoder_model', samples: 32, bytes: 30_720_000}]},
    dataset: {name: 'clips', layout: 'csv', hash: 'b'.repeat(64), subset: null, warnings: []},
    normalizer: {name: 'english', hash: 'c'.repeat(64), description: ''},
    scoring: {weights: 'unit'},
    decoding: {language: null},
    device: {provider: 'cpu', threads: 2},
    environment: {
      version: '0.1.0',
      commit: null,
      node: '20.19.0',
      onnxruntime: '1.30.0',
      platform: 'linux x64',
      cpu: 'cpu',
      cores: 2,
      memoryBytes: 1,
      gpu: null,
      device: 'cpu',
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:10:00.000Z',
    warnings: [],
    ...change,
  }
}
