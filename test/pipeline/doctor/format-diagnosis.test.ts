import {expect, test} from 'vitest'
import type {Diagnosis} from '../../../src/pipeline/doctor/diagnose.js'
import {formatDiagnosis} from '../../../src/pipeline/doctor/format-diagnosis.js'

const GIB = 1024 ** 3

const diagnosis: Diagnosis = {
  system: {os: 'Linux 6.1', node: '20.20.2'},
  cpu: {model: 'A CPU', architecture: 'x64', cores: 16, usableCores: 4, features: ['AVX2'], advice: 'Measure.'},
  memory: {totalBytes: 32 * GIB, availableBytes: 16 * GIB, limitBytes: 8 * GIB},
  providers: [
    {provider: 'cpu', available: true, seconds: 0.42},
    {provider: 'cuda', available: false, reason: 'no library', fix: 'install it'},
    {provider: 'tensorrt', available: false, reason: 'no library', fix: 'install it'},
  ],
  nvidia: {driver: '570.1', gpus: [{index: 0, name: 'A GPU', memoryMib: 24 * 1024}]},
  libraries: [
    {
      name: 'libcudart.so.12',
      neededBy: 'cuda',
      needed: 'CUDA 12',
      state: 'found',
      path: '/l/libcudart.so.12',
      version: '12.4',
    },
    {name: 'libcudnn.so.9', neededBy: 'cuda', needed: 'cuDNN 9', state: 'missing', fix: 'get cudnn'},
  ],
  programs: [{name: 'ffmpeg', purpose: 'reads m4a', fix: 'get ffmpeg'}],
  folders: [
    {name: 'temporary files', path: '/t', exists: true, freeBytes: 512 * 1024 ** 2, doubt: 'little room is left'},
  ],
  network: [],
}

test("a diagnosis reads as a table, with each missing thing's fix beneath it", () => {
  expect(formatDiagnosis(diagnosis)).toBe(`Machine
    system     Linux 6.1, Node 20.20.2
    processor  A CPU (x64), 4 of 16 cores usable
               AVX2. Measure.
    memory     32.0 GiB, 16.0 GiB free, this container may use 8.0 GiB
    GPU 0      A GPU, 24.0 GiB, driver 570.1

Providers (--device)
  ✓ cpu       opens a session and computes (0.4 s)
  ✗ cuda      no library
  ✗ tensorrt  no library
              → install it

CUDA and TensorRT libraries
  ✓ libcudart.so.12  found 12.4 /l/libcudart.so.12 (needed: CUDA 12)
  ✗ libcudnn.so.9    missing (needed: cuDNN 9)
                     → get cudnn

Programs
  ✗ ffmpeg  missing: reads m4a
            → get ffmpeg

Folders
  ✗ temporary files  /t, 512 MiB free: little room is left`)
})

test('libraries of which none is there take one line', () => {
  const libraries = diagnosis.libraries.filter(({state}) => state === 'missing')
  expect(formatDiagnosis({...diagnosis, libraries})).toContain('✗ none  Only --device cuda and tensorrt need them.')
})
