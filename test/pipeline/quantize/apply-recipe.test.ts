import {describe, expect, test} from 'vitest'
import {GraphBuilder} from '../../../src/pipeline/onnx/graph-builder.js'
import {memorySource} from '../../../src/pipeline/onnx/model.js'
import {TensorProto_DataType as DataType} from '../../../src/pipeline/onnx/onnx-ml_pb.js'
import {int64Tensor} from '../../../src/pipeline/onnx/tensor.js'
import {applyRecipe} from '../../../src/pipeline/quantize/apply-recipe.js'
import type {RecipeStep} from '../../../src/pipeline/quantize/recipes.js'
import {floats, noise, relativeError, runModel} from '../../support/onnx-models.js'

const WIDTH = 96

/** Two products of weights, one of activations, and a table. */
function model() {
  const builder = new GraphBuilder('main')
  const weight = (name: string, rows: number, seed: number) => {
    const source = memorySource(new Uint8Array(noise(rows * WIDTH, seed).buffer))
    return builder.weight(name, DataType.FLOAT, [rows, WIDTH], {key: name, source})
  }
  const x = builder.input('x', DataType.FLOAT, [WIDTH, WIDTH])
  const first = builder.node('MatMul', [x, weight('w0', WIDTH, 1)], {name: '/layers.0/MatMul'})
  const second = builder.node('MatMul', [first, weight('w1', WIDTH, 2)], {name: '/layers.1/MatMul'})
  const product = builder.node('MatMul', [second, x], {name: '/attention/MatMul'})
  const ids = builder.constant(int64Tensor('ids', [3, 5]))
  const taken = builder.node('Gather', [weight('t', 100, 3), ids], {name: '/embed/Gather'})
  builder.output(product, DataType.FLOAT, [WIDTH, WIDTH], 'y')
  builder.output(taken, DataType.FLOAT, [2, WIDTH], 'z')
  return builder.build({opset: 17})
}

const changed = async (...steps: RecipeStep[]) =>
  (await applyRecipe(model(), {steps})).nodes.map(({name, step}) => `${step} ${name}`)

test('each step changes what no earlier one has, and the outputs stay near', async () => {
  const steps: RecipeStep[] = [
    {method: 'dynamic-int8', nodes: ['/layers.1/MatMul']},
    {method: 'int8-weights', opTypes: ['MatMul', 'Gather']},
    {method: 'float16', nodes: ['/attention/MatMul']},
  ]
  const original = model()
  const inputs = {x: floats([WIDTH, WIDTH])}
  const expected = await runModel(original, inputs)
  const two = await applyRecipe(original, {steps: steps.slice(0, 2)})
  expect(two.nodes.map(({name, method}) => `${method} ${name}`)).toEqual([
    'dynamic-int8 /layers.1/MatMul',
    'int8-weights /layers.0/MatMul',
    'int8-weights /embed/Gather',
  ])
  const actual = await runModel(two.model, inputs)
  expect(relativeError(actual.y!, expected.y!)).toBeLessThan(0.05)
  expect(relativeError(actual.z!, expected.z!)).toBeLessThan(0.02)
})

test('tables that no default block fits get a smaller one, unless one was chosen', async () => {
  expect(await changed({method: 'int8-weights', opTypes: ['Gather']})).toEqual(['0 /embed/Gather'])
  await expect(changed({method: 'int8-weights', opTypes: ['Gather'], blockSize: 128})).rejects.toThrow(
    /changes nothing/,
  )
})

test('half precision takes the nodes that are selected, others stay float32', async () => {
  const {model: made, nodes} = await applyRecipe(model(), {steps: [{method: 'float16', include: ['/layers*']}]})
  expect(nodes.map(({name}) => name)).toEqual(['/layers.0/MatMul', '/layers.1/MatMul'])
  const types = made.proto.graph?.initializer.map(({name, dataType}) => `${name} ${DataType[dataType]}`).sort()
  expect(types).toEqual(['ids INT64', 't FLOAT', 'w0 FLOAT16', 'w1 FLOAT16'])
})

describe('what has no effect is an error that says why', () => {
  test.each<[string, RecipeStep[], RegExp]>([
    [
      'no node of that operator',
      [{method: 'dynamic-int8', opTypes: ['Gemm']}],
      /Step 1 .* changes nothing: the model has no Gemm/,
    ],
    [
      'an operator that cannot be',
      [{method: 'dynamic-int8', opTypes: ['Conv']}],
      /"Conv" cannot be quantized this way/,
    ],
    [
      'all left out',
      [{method: 'int4-weights', exclude: ['*']}],
      /its 3 nodes of MatMul, Gemm are left out by their names/,
    ],
    ['a name that no node has', [{method: 'float16', exclude: ['/layers.7*']}], /no node "\/layers\.7\*"/],
    [
      'no weights',
      [{method: 'int4-weights', nodes: ['/attention/MatMul']}],
      /the node of MatMul.* that it selects has no float32 weights of its own/,
    ],
    [
      'quantized already',
      [{method: 'int8-weights'}, {method: 'int4-weights'}],
      /Step 2 \(int4-weights\) changes nothing: the node of MatMul/,
    ],
    ['no calibration', [{method: 'static-int8', opTypes: ['MatMul']}], /needs to see what the model is fed/],
  ])('%s', async (_, steps, message) => {
    await expect(applyRecipe(model(), {steps})).rejects.toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      message: expect.stringMatching(message),
    })
  })

  test('unless somebody hears of it', async () => {
    const heard: string[] = []
    const steps: RecipeStep[] = [{method: 'int8-weights'}, {method: 'int4-weights', exclude: ['none']}]
    const {nodes} = await applyRecipe(model(), {steps}, {onProblem: ({message}) => heard.push(message)})
    expect(nodes).toHaveLength(2)
    expect(heard).toEqual([expect.stringMatching(/no node "none"/), expect.stringMatching(/Step 2/)])
  })
})
