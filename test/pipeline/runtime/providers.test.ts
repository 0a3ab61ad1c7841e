import {describe, expect, test} from 'vitest'
import {probeProvider} from '../../../src/pipeline/runtime/probe.js'
import {providerFix} from '../../../src/pipeline/runtime/provider-fix.js'
import {chooseProvider} from '../../../src/pipeline/runtime/providers.js'
import type {Provider} from '../../../src/pipeline/runtime/session.js'

const fixture = (name: string) => new URL(`../../fixtures/runtime/${name}.ts`, import.meta.url)

const missing = async ({provider}: {provider: Provider}) =>
  ({provider, available: false, reason: 'no such library', fix: 'install it'}) as const
const present = async ({provider}: {provider: Provider}) => ({provider, available: true, seconds: 0.1}) as const

describe('choosing', () => {
  test('auto takes CUDA where it works', async () => {
    expect(await chooseProvider('auto', {probe: present})).toEqual({provider: 'cuda', rejected: []})
  })

  test('auto falls back to the CPU and keeps the reason', async () => {
    expect(await chooseProvider('auto', {probe: missing})).toEqual({
      provider: 'cpu',
      rejected: [{provider: 'cuda', reason: 'no such library', fix: 'install it'}],
    })
  })

  test.each(['cuda', 'tensorrt', 'webgpu', 'coreml', 'directml'] as const)(
    '%s by name never falls back',
    async device => {
      await expect(chooseProvider(device, {probe: missing})).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        message: expect.stringContaining(`--device ${device}`),
        hint: 'install it',
      })
    },
  )

  test('auto never tries what must be asked for', async () => {
    const tried: Provider[] = []
    await chooseProvider('auto', {
      probe: question => {
        tried.push(question.provider)
        return missing(question)
      },
    })
    expect(tried).toEqual(['cuda'])
  })
})

describe('probing', () => {
  test('the CPU computes', async () => {
    expect(await probeProvider({provider: 'cpu'})).toMatchObject({available: true})
  })

  test('a provider of another system is refused with a fix', async () => {
    const provider = process.platform === 'darwin' ? 'directml' : 'coreml'
    expect(await probeProvider({provider})).toMatchObject({
      available: false,
      fix: expect.stringContaining('--device cpu'),
    })
  })

  test('a process that aborts is an answer', async () => {
    const result = await probeProvider({provider: 'cpu'}, {entry: fixture('aborting-probe')})
    expect(result).toMatchObject({available: false, reason: expect.stringContaining('SIGABRT')})
  })

  test('a process that hangs is ended after a while', async () => {
    const result = await probeProvider({provider: 'cpu'}, {entry: fixture('hanging-probe'), timeoutSeconds: 1})
    expect(result).toMatchObject({available: false, reason: 'gives no answer in 1 s'})
  })

  test('can be aborted', async () => {
    const probing = probeProvider(
      {provider: 'cpu'},
      {entry: fixture('hanging-probe'), signal: AbortSignal.timeout(300)},
    )
    await expect(probing).rejects.toMatchObject({name: 'TimeoutError'})
  })
})

describe('the fix', () => {
  test.each([
    ['cuda', 'libonnxruntime_providers_shared.so: cannot open shared object file', 'ONNXRUNTIME_NODE_INSTALL=cuda12'],
    ['cuda', 'libcublasLt.so.12: cannot open shared object file', 'cuda-libraries-12'],
    ['cuda', 'libcudnn.so.9: cannot open shared object file', 'apt-get install -y libcudnn9-cuda-12'],
    [
      'cuda',
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
      'Update the NVIDIA driver',
    ],
    ['cuda', 'CUDA failure 100: no CUDA-capable device is detected', 'nvidia-smi'],
    ['tensorrt', 'libnvinfer.so.10: cannot open shared object file', 'libnvinfer10'],
    ['webgpu', 'Failed to get a WebGPU adapter: No supported adapters', 'libvulkan1'],
    ['coreml', 'backend not found', 'Apple'],
    ['directml', 'backend not found', 'Windows'],
    ['cuda', 'something nobody has seen before', 'lingulu doctor'],
  ] as const)('of %s for "%s"', (provider, reason, part) => {
    expect(providerFix(provider, reason)).toContain(part)
  })
})
