import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {diagnoseBuild} from '../../../src/pipeline/tensorrt/diagnose-build.js'
import {parseBuildLog} from '../../../src/pipeline/tensorrt/parse-build-log.js'
import {parsePerformance} from '../../../src/pipeline/tensorrt/parse-performance.js'
import {formatTensorRtVersion, parseTrtexecVersion} from '../../../src/pipeline/tensorrt/trtexec-version.js'
import {hasSharedData, needsSharedData, sharedData} from '../../support/shared-data.js'
import {buildLog, failedLog, type InventedSummary, performanceLog} from '../../support/stand-in-trtexec.js'

describe('the version', () => {
  test.each([
    ['v8205', '8.2.5'],
    ['v8601', '8.6.1'],
    ['v9300', '9.3.0'],
    ['v100001', '10.0.1'],
    ['v100300', '10.3.0'],
    ['v101000', '10.10.0'],
    ['v101601] [b11', '10.16.1 b11'],
    ['v110100] [b4', '11.1.0 b4'],
  ])('%s is %s', (digits, expected) => {
    const version = parseTrtexecVersion(`noise\n&&&& RUNNING TensorRT.trtexec [TensorRT ${digits}] # trtexec --help\n`)
    expect(version && formatTensorRtVersion(version)).toBe(expected)
  })

  test('is not taken from elsewhere', () => expect(parseTrtexecVersion('TensorRT v8601')).toBeUndefined())
})

describe('a build log', () => {
  test('tells device, seconds, size and verdict', () => {
    expect(parseBuildLog(buildLog({}))).toMatchObject({
      version: {major: 10, minor: 16, patch: 1, build: 'b11'},
      verdict: 'passed',
      commandLine: 'trtexec --onnx=a.onnx --saveEngine=a.engine',
      gpu: {name: 'NVIDIA Imaginary 1', computeCapability: '9.9'},
      buildSeconds: 12.5,
      engineMebibytes: 3.25,
      skippedInference: true,
      errors: [],
      warnings: ['[TRT] ModelImporter.cpp:1: Make sure output y has Int64 binding.'],
    })
  })

  test('of Windows is the same', () => {
    expect(parseBuildLog(buildLog({}).replaceAll('\n', '\r\n'))).toEqual(parseBuildLog(buildLog({})))
  })

  test('that breaks off has no verdict', () => {
    const log = parseBuildLog(buildLog({}).split('\n').slice(0, -1).join('\n'))
    expect(log.verdict).toBeUndefined()
  })

  test('keeps the lines of one error together', () => {
    const {errors, verdict} = parseBuildLog(
      failedLog([['E', '[TRT] ERROR: In function parseNode:\n[6] Invalid Node - /Tile']]),
    )
    expect(errors).toEqual(['[TRT] ERROR: In function parseNode:\n[6] Invalid Node - /Tile'])
    expect(verdict).toBe('failed')
  })
})

describe('the performance summary', () => {
  test.each<[string, InventedSummary, number[][]]>([
    ['8.2, with end-to-end latency', {version: 'v8205', endToEnd: true}, [[99, 3]]],
    ['8.4', {version: 'v8400'}, [[99, 3]]],
    [
      '10, with three percentiles',
      {version: 'v101601] [b11', percentiles: ['90', '95', '99.9']},
      [
        [90, 3],
        [95, 3.25],
        [99.9, 3.5],
      ],
    ],
    ['11, with no percentile', {version: 'v110000] [b1', percentiles: []}, []],
  ])('of TensorRT %s', (_, invented, percentiles) => {
    const summary = parsePerformance(performanceLog(invented))
    expect(summary).toMatchObject({
      throughputQps: 333.5,
      latency: {minMs: 1.5, maxMs: 4.5, meanMs: 2.25, medianMs: 2},
      enqueueTime: {minMs: 0.000_01},
      h2dLatency: {minMs: 0},
      gpuComputeTime: {minMs: 1.25},
      d2hLatency: {minMs: 0.25},
      hostWalltimeSeconds: 3.000_73,
      gpuComputeSeconds: 2.5,
      warmupQueries: 34,
      timedQueries: 1001,
      warnings: [
        'GPU compute time is unstable, with coefficient of variance = 6.5%. If not already in use, locking GPU clock frequency may improve the stability.',
      ],
    })
    expect(summary?.latency.percentiles.map(({percent, ms}) => [percent, ms])).toEqual(percentiles)
    expect(summary?.endToEndHostLatency?.minMs).toBe(invented.endToEnd ? 1.75 : undefined)
  })

  test('without time stamps and with an infinite value', () => {
    const log = performanceLog({version: 'v8205', latency: 'inf'}).replaceAll(/^\[[\d/:-]+\] /gm, '')
    expect(parsePerformance(log)?.latency.minMs).toBe(Infinity)
  })

  test('is not there where the engine was only built', () => expect(parsePerformance(buildLog({}))).toBeUndefined())
})

const failed = (output: string, more = {}) =>
  diagnoseBuild({
    ...{onnx: 'a.onnx', logPath: 'a.log', log: parseBuildLog(output), output, exitCode: 1, killedBy: undefined},
    ...more,
  })

describe('a failed build is explained', () => {
  test.each([
    [
      'memory that ran out, of which only a warning tells',
      failedLog([
        ['W', '[TRT] Requested amount of GPU memory (15485030400 bytes) could not be allocated.'],
        ['E', 'Error[10]: Internal Error (Could not find any implementation for node {ForeignNode[a...b]}.)'],
        ['E', 'Engine could not be created from network'],
      ]),
      'OUT_OF_MEMORY',
      /memory ran out[\s\S]*Engine could not be created/,
      /--max-batch/,
    ],
    [
      'a node without a kernel',
      failedLog([
        ['E', 'Error[10]: Internal Error (Could not find any implementation for node {ForeignNode[a...b]}.)'],
      ]),
      'OUT_OF_MEMORY',
      /no kernel fits for \{ForeignNode\[a\.\.\.b\]\}, which most often/,
      /--workspace/,
    ],
    [
      'no GPU',
      failedLog([['E', 'Cuda failure at sampleDevice.cpp:1: no CUDA-capable device is detected']]),
      'PROVIDER_UNAVAILABLE',
      /no GPU that TensorRT can use/,
      /--gpus all/,
    ],
    [
      'an old driver',
      failedLog([['E', '[TRT] 6: CUDA initialization failure with error: 35']]),
      'PROVIDER_UNAVAILABLE',
      /CUDA initialization failure/,
      /driver/,
    ],
    [
      'an operator without importer',
      failedLog([
        ['I', '[TRT] No importer registered for op: MelSpectrogram. Attempting to import as plugin.'],
        ['E', '[TRT] ModelImporter.cpp:1: While parsing node number 12 [MelSpectrogram -> "mel"]:'],
        ['E', 'Failed to parse onnx file'],
        ['E', 'Parsing model failed'],
      ]),
      'OPTION_UNSUPPORTED',
      /cannot take the operator MelSpectrogram/,
      /later TensorRT/,
    ],
    [
      'an option of another version',
      failedLog([['E', 'Unknown option: --buildOnly ']]),
      'OPTION_UNSUPPORTED',
      /does not know the option --buildOnly/,
      /report/,
    ],
    [
      'a file that cannot be parsed',
      failedLog([['E', 'Failed to parse onnx file']]),
      'MODEL_INVALID',
      /cannot read the ONNX/,
      /a\.log/,
    ],
    [
      'a program that cannot start',
      'trtexec: error while loading shared libraries: libnvinfer.so.10: cannot open',
      'PROVIDER_UNAVAILABLE',
      /libnvinfer\.so\.10 is not found/,
      /LD_LIBRARY_PATH/,
    ],
    [
      'an unknown reason',
      failedLog([['E', 'Something new']]),
      'WORKER_CRASHED',
      /exit code 1 and the verdict failed\.\n {2}Something new/,
      /a\.log/,
    ],
  ])('%s', (_, output, code, message, hint) => {
    const error = failed(output)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  test('a killed one by the signal', () => {
    const begun = buildLog({}).split('\n').slice(0, 4).join('\n')
    expect(failed(begun, {exitCode: undefined, killedBy: 'SIGKILL'})).toMatchObject({code: 'OUT_OF_MEMORY'})
    expect(failed(begun, {exitCode: undefined, killedBy: 'SIGSEGV'}).message).toMatch(
      /was ended by SIGSEGV and no verdict/,
    )
  })
})

describe.skipIf(!hasSharedData)(`real logs${needsSharedData}`, () => {
  const folder = sharedData('trtexec-logs')
  const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8')
  const logs = hasSharedData ? readdirSync(folder).filter(name => name.endsWith('.log')) : []

  test('there are some', () => expect(logs.length).toBeGreaterThan(8))

  test.each(logs)('%s passed, by a version that its name tells', name => {
    const {verdict, version, errors} = parseBuildLog(read(name))
    expect(verdict).toBe('passed')
    expect(errors).toEqual([])
    const [, expected = ''] = /^trt([\d.]+)-/.exec(name) ?? []
    expect(`${formatTensorRtVersion(version ?? {major: 0, minor: 0, patch: 0, build: undefined})} `).toMatch(
      new RegExp(`^${expected.replaceAll('.', '\\.')}[. ]`),
    )
  })

  test.each(logs)('%s has a performance summary whose parts agree, if inference was timed', name => {
    const text = read(name)
    const summary = parsePerformance(text)
    if (/skipInference|dumpProfile/.test(name)) return expect(summary).toBeUndefined()
    if (summary === undefined) throw new Error('no summary')
    const {latency, h2dLatency, gpuComputeTime, d2hLatency, enqueueTime} = summary
    for (const part of [latency, h2dLatency, gpuComputeTime, d2hLatency, enqueueTime]) {
      if (part === undefined) throw new Error('a part is missing')
      expect(part.minMs).toBeLessThanOrEqual(part.medianMs)
      expect(part.medianMs).toBeLessThanOrEqual(part.maxMs)
      expect(part.percentiles.map(({percent}) => percent)).toEqual(/^trt8\.[24]/.test(name) ? [99] : [90, 95, 99])
    }
    const sum = (h2dLatency?.meanMs ?? 0) + (gpuComputeTime?.meanMs ?? 0) + (d2hLatency?.meanMs ?? 0)
    expect(Math.abs(sum - latency.meanMs)).toBeLessThan(1e-4 * latency.meanMs + 2e-6)
    // What is said in words elsewhere: queries over seconds.
    if (summary.timedQueries !== undefined)
      expect(summary.timedQueries / summary.hostWalltimeSeconds / summary.throughputQps).toBeCloseTo(1, 3)
    expect(summary.endToEndHostLatency !== undefined).toBe(name.startsWith('trt8.2'))
    expect(summary.warnings.length).toBe(/\[W\] \* /.test(text) ? 1 : 0)
  })

  test.each([
    ['unknown option', 'OPTION_UNSUPPORTED', /does not know the option --workspace/],
    ['parse failure', 'OPTION_UNSUPPORTED', /cannot take the node \/Tile/],
    ['incompatible plan', 'MODEL_INVALID', /another version of TensorRT/],
    ['missing file', 'INPUT_MISSING', /cannot open the ONNX file/],
  ])('a failure: %s', (title, code, message) => {
    const text = read('failed-logs.txt')
      .split(/^### /m)
      .find(part => part.startsWith(title))
    const error = failed(text?.slice(text.indexOf('\n') + 1) ?? '')
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
  })
})
