import {expect, test} from 'vitest'
import {loadOnnxRuntime} from '../../../src/pipeline/runtime/onnx-runtime.js'

/** What Node 24 has and Node 20 has not. */
class Float16Array extends Uint16Array {}

test('half precision is kept in a Uint16Array, also where there is a Float16Array', async () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array')
  const theirs = before?.value ?? Float16Array
  Object.defineProperty(globalThis, 'Float16Array', {value: theirs, configurable: true})
  try {
    const {Tensor} = await loadOnnxRuntime()
    expect(Reflect.get(globalThis, 'Float16Array')).toBe(theirs)
    const bits = Uint16Array.of(0x3c00, 0xc000)
    const {type, data} = new Tensor('float16', bits, [2])
    expect(type).toBe('float16')
    expect(Object.getPrototypeOf(data)).toBe(Uint16Array.prototype)
    expect(data).toBe(bits)
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Float16Array')
    else Object.defineProperty(globalThis, 'Float16Array', before)
  }
})
