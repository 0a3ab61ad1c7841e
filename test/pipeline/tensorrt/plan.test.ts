import {describe, expect, test} from 'vitest'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {type BuildFlagOptions, buildFlags} from '../../../src/pipeline/tensorrt/build-flags.js'
import {checkSupport} from '../../../src/pipeline/tensorrt/graph-support.js'
import {PROFILE_DEFAULTS, parseShapeRange, shapeProfile} from '../../../src/pipeline/tensorrt/shape-profiles.js'
import {CTC, ENCODER, FIRST_PASS, type Inputs, inputsOnly, LATER_PASS} from '../../support/tensorrt-models.js'

const profileOf = (inputs: Inputs, options = {}) =>
  Object.fromEntries(
    [...shapeProfile(inputsOnly(inputs).proto, 'a.onnx', {...PROFILE_DEFAULTS, ...options})].map(
      ([name, {min, opt, max}]) => [name, [min, opt, max].map(shape => shape.join('x')).join(' ')],
    ),
  )

describe('sizes come from what a model is used with', () => {
  test.each<[string, Inputs, object, object]>([
    ['the encoder gets 1 to 8 windows', ENCODER, {}, {input_features: '1x80x3000 8x80x3000 8x80x3000'}],
    [
      'an encoder of open sizes asks the configuration',
      {input_features: ['batch_size', 'feature_size', 'encoder_sequence_length']},
      {mels: 128, maxBatch: 2},
      {input_features: '1x128x3000 2x128x3000 2x128x3000'},
    ],
    [
      'the first pass gets prompts up to the length of the context',
      FIRST_PASS,
      {maxBatch: 4, textPositions: 20},
      {input_ids: '1x1 4x4 4x20', encoder_hidden_states: '1x1500x384 4x1500x384 4x1500x384'},
    ],
    [
      'later passes get one token and a cache for each beam',
      LATER_PASS,
      {maxBatch: 2, maxBeams: 5},
      {
        input_ids: '1x1 2x1 10x1',
        'past_key_values.0.decoder.key': '1x6x1x64 2x6x224x64 10x6x447x64',
        'past_key_values.0.decoder.value': '1x6x1x64 2x6x224x64 10x6x447x64',
        'past_key_values.0.encoder.key': '1x6x1500x64 2x6x1500x64 10x6x1500x64',
        'past_key_values.0.encoder.value': '1x6x1500x64 2x6x1500x64 10x6x1500x64',
      },
    ],
    [
      'CTC gets 1 to 30 seconds of samples',
      {...CTC, attention_mask: ['batch_size', 'sequence_length']},
      {maxBatch: 1},
      {input_values: '1x16000 1x160000 1x480000', attention_mask: '1x16000 1x160000 1x480000'},
    ],
    [
      'CTC of filter banks gets frames',
      {input_features: ['batch_size', 'frames', 160]},
      {maxBatch: 1, maxSeconds: 5},
      {input_features: '1x50x160 1x250x160 1x250x160'},
    ],
    ['fixed inputs are left out', {x: [1, 3]}, {}, {}],
    [
      'the user knows better',
      {x: ['batch', 'tokens'], y: ['batch', 7]},
      {shapes: new Map([['x', {min: [1, 2], opt: [1, 3], max: [4, 5]}]])},
      {x: '1x2 1x3 4x5', y: '1x7 8x7 8x7'},
    ],
  ])('%s', (_, inputs, options, expected) => expect(profileOf(inputs, options)).toEqual(expected))

  test.each<[string, Inputs, object, RegExp]>([
    ['an input of unknown use', {x: ['batch', 'tokens']}, {}, /dimension 1 \(tokens\) of the input x/],
    ['a shape for no input', {x: [1]}, {shapes: new Map([['y', {min: [1], opt: [1], max: [1]}]])}, /no input y/],
    ['another rank', {x: ['n']}, {shapes: new Map([['x', {min: [1, 1], opt: [1, 1], max: [1, 1]}]])}, /do not fit/],
    ['a fixed size', {x: ['n', 3]}, {shapes: new Map([['x', {min: [1, 4], opt: [1, 4], max: [1, 4]}]])}, /do not fit/],
    ['a falling range', {x: ['n']}, {shapes: new Map([['x', {min: [3], opt: [2], max: [4]}]])}, /do not fit/],
  ])('refused: %s', (_, inputs, options, message) => expect(() => profileOf(inputs, options)).toThrow(message))

  test.each([
    ['1x2:3x4:5x6', {min: [1, 2], opt: [3, 4], max: [5, 6]}],
    ['1x80x3000', {min: [1, 80, 3000], opt: [1, 80, 3000], max: [1, 80, 3000]}],
    ['1:2', undefined],
    ['1xn:1x2:1x3', undefined],
    ['', undefined],
  ])('the range %j is read', (text, expected) => expect(parseShapeRange(text)).toEqual(expected))
})

describe('options of trtexec', () => {
  const version = (text: string) => {
    const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
    return {major, minor, patch, build: undefined}
  }
  const float = {isQuantized: false, isHalf: false}
  const half = {isQuantized: false, isHalf: true}
  const quantized = {isQuantized: true, isHalf: false}
  const source: BuildFlagOptions = {precision: 'source'}
  const profile = shapeProfile(inputsOnly(CTC).proto, 'a.onnx', {...PROFILE_DEFAULTS, maxBatch: 2})
  const shapes = [
    '--minShapes=input_values:1x16000',
    '--optShapes=input_values:2x160000',
    '--maxShapes=input_values:2x480000',
  ]

  test.each<[string, typeof float, BuildFlagOptions, string[]]>([
    ['8.2.5', float, source, ['--workspace=2048', '--buildOnly']],
    ['8.4.0', float, {...source, workspaceMebibytes: 512}, ['--memPoolSize=workspace:512', '--buildOnly']],
    ['8.6.1', float, {...source, optimizationLevel: 5}, ['--builderOptimizationLevel=5', '--skipInference']],
    ['8.6.1', float, {precision: 'fp16'}, ['--fp16', '--skipInference']],
    ['8.6.1', quantized, {precision: 'fp16'}, ['--int8', '--fp16', '--skipInference']],
    ['9.3.0', half, source, ['--fp16', '--skipInference']],
    ['10.3.0', half, {precision: 'fp16'}, ['--stronglyTyped', '--skipInference']],
    ['10.16.1', quantized, {...source, tf32: false}, ['--stronglyTyped', '--noTF32', '--skipInference']],
    ['11.1.0', half, {precision: 'fp16', device: 1}, ['--device=1', '--skipInference']],
  ])('of %s for %j with %j', (text, types, options, expected) => {
    expect(buildFlags(version(text), types, profile, options)).toEqual([...shapes, ...expected])
  })

  test('that a version does not have are refused', () => {
    expect(() => buildFlags(version('8.5.3'), float, profile, {...source, optimizationLevel: 1})).toThrow(
      /8\.5\.3 has no optimization levels/,
    )
  })
})

describe('what TensorRT cannot build is refused with what to take instead', () => {
  function looping() {
    const graph = new GraphBuilder('fused')
    graph.input('cross_key.0', DataType.FLOAT, ['windows', 2, 1500, 64])
    const body = new GraphBuilder('body', graph)
    graph.node('Loop', ['', ''], {attributes: {body: body.graph()}})
    return graph.build({opset: 17})
  }
  test.each([
    ['merged decoders', inputsOnly({...LATER_PASS, use_cache_branch: [1]}), /merged decoder/],
    ['fused decoders', looping(), /fused decoder/],
    ['operators of ONNX Runtime', inputsOnly(ENCODER, 'Gelu', {domain: 'com.microsoft'}), /ONNX Runtime \(Gelu\)/],
    ['dynamic quantization', inputsOnly(ENCODER, 'MatMulInteger'), /ranges found at run time \(MatMulInteger\)/],
  ])('%s', (_, {proto}, message) => {
    expect(() => checkSupport(proto, 'a.onnx')).toThrow(message)
    expect(() => checkSupport(proto, 'a.onnx')).toThrow(expect.objectContaining({code: 'OPTION_UNSUPPORTED'}))
  })

  test.each([ENCODER, FIRST_PASS, LATER_PASS, CTC])('%j is taken', inputs =>
    expect(() => checkSupport(inputsOnly(inputs).proto, 'a.onnx')).not.toThrow(),
  )
})
