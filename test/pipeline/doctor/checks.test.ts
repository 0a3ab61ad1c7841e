import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {checkCpu, cpuFeatures} from '../../../src/pipeline/doctor/check-cpu.js'
import {checkFolders} from '../../../src/pipeline/doctor/check-folders.js'
import {checkNetwork} from '../../../src/pipeline/doctor/check-network.js'
import {findLibraries, parseNvidiaSmi} from '../../../src/pipeline/doctor/check-nvidia.js'
import {
  checkPrograms,
  ffmpegVersion,
  installCommand,
  trtexecVersion,
} from '../../../src/pipeline/doctor/check-programs.js'
import {runProgram} from '../../../src/pipeline/doctor/run-program.js'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'))
})

afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

describe('the processor', () => {
  test.each([
    [
      'flags\t\t: fpu fma avx2 f16c avx512f avx512_vnni\nmodel name: x',
      ['AVX2', 'FMA', 'F16C', 'AVX512', 'AVX512-VNNI'],
    ],
    ['Features\t: fp asimd asimddp i8mm\n', ['DotProd', 'I8MM']],
    ['flags : sse2 notavx2\n', []],
    ['', []],
  ])('tells its instruction sets: %j', (cpuinfo, features) => {
    expect(cpuFeatures(cpuinfo)).toEqual(features)
  })

  test('of this machine has a core', async () => {
    expect((await checkCpu()).cores).toBeGreaterThan(0)
  })
})

describe('nvidia-smi', () => {
  test('lists the GPUs', () => {
    expect(parseNvidiaSmi('0, NVIDIA H200, 143771, 570.133.20\n1, NVIDIA H200, 143771, 570.133.20\n')).toEqual({
      driver: '570.133.20',
      gpus: [
        {index: 0, name: 'NVIDIA H200', memoryMib: 143_771},
        {index: 1, name: 'NVIDIA H200', memoryMib: 143_771},
      ],
    })
  })

  test.each(['', 'No devices were found', "NVIDIA-SMI has failed because it couldn't communicate with the driver."])(
    'without a GPU says so: %j',
    text => {
      expect(parseNvidiaSmi(text)).toBeUndefined()
    },
  )
})

describe('libraries', () => {
  test("are found on the search path, in the loader's cache, or aside", () => {
    const searched = join(directory, 'searched')
    const aside = join(directory, 'aside')
    for (const folder of [searched, aside]) mkdirSync(folder)
    writeFileSync(join(searched, 'libcudart.so.12.4.127'), '')
    symlinkSync('libcudart.so.12.4.127', join(searched, 'libcudart.so.12'))
    writeFileSync(join(aside, 'libcudnn.so.9'), '')
    const loaderCache = '\tlibcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1\n'
    const found = new Map(
      findLibraries({searched: [searched], likely: [aside], loaderCache}).map(library => [library.name, library]),
    )
    expect(found.get('libcudart.so.12')).toMatchObject({state: 'found', version: '12.4.127'})
    expect(found.get('libcuda.so.1')).toMatchObject({state: 'found', path: '/lib/x86_64-linux-gnu/libcuda.so.1'})
    expect(found.get('libcudnn.so.9')).toMatchObject({
      state: 'not on the search path',
      fix: `export LD_LIBRARY_PATH=${aside}:$LD_LIBRARY_PATH`,
    })
    expect(found.get('libnvinfer.so.10')).toMatchObject({
      state: 'missing',
      fix: expect.stringContaining('libnvinfer10'),
    })
  })
})

describe('programs', () => {
  test.each([
    ['ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2025', '5.1.9-0+deb12u1'],
    ['ffmpeg version n7.1 Copyright', 'n7.1'],
    ['what is this', 'unknown'],
  ])("ffmpeg's version: %s", (text, version) => {
    expect(ffmpegVersion(text)).toBe(version)
  })

  test.each([
    ['v8205', '8.2.5'],
    ['v8601', '8.6.1'],
    ['v100300', '10.3.0'],
    ['v101601', '10.16.1'],
    ['v110100', '11.1.0'],
  ])("trtexec's version %s is %s", (number, version) => {
    expect(trtexecVersion(`&&&& RUNNING TensorRT.trtexec [TensorRT ${number}] [b31] # trtexec --help`)).toBe(version)
  })

  test('that are missing come with the command that brings them', async () => {
    const [ffmpeg, trtexec] = await checkPrograms(async () => undefined)
    expect(ffmpeg).toMatchObject({name: 'ffmpeg', fix: expect.stringContaining('ffmpeg')})
    expect(ffmpeg?.version).toBeUndefined()
    expect(trtexec?.fix).toContain('libnvinfer-bin')
  })

  test.each([
    ['darwin', 'brew install ffmpeg'],
    ['win32', 'winget install ffmpeg'],
  ] as const)('on %s are installed with its package manager', (platform, command) => {
    expect(installCommand('ffmpeg', platform)).toBe(command)
  })

  test.each([
    ['is missing', 'lingulu-no-such-program', []],
    ['fails', process.execPath, ['-e', 'process.exit(3)']],
  ])('a program that %s gives no output', async (_, program, args) => {
    expect(await runProgram(program, args)).toBeUndefined()
  })

  test('both outputs of a program are read', async () => {
    const text = await runProgram(process.execPath, ['-e', 'console.log("one"); console.error("two")'])
    expect(text).toContain('one')
    expect(text).toContain('two')
  })
})

describe('folders', () => {
  test('tell what they hold and what is free', async () => {
    const cache = join(directory, 'cache')
    mkdirSync(join(cache, 'hub', 'a'), {recursive: true})
    writeFileSync(join(cache, 'hub', 'a', 'model.onnx'), Buffer.alloc(1000))
    symlinkSync('model.onnx', join(cache, 'hub', 'a', 'link.onnx'))
    const [own, other] = await checkFolders({LINGULU_CACHE: cache, HF_HOME: join(directory, 'absent')})
    expect(own).toMatchObject({path: cache, exists: true, usedBytes: 1000, freeBytes: expect.any(Number)})
    expect(other).toMatchObject({exists: false})
    expect(other?.freeBytes).toBeGreaterThan(0)
  })
})

describe('network settings', () => {
  test('never show a password or a token', () => {
    const settings = checkNetwork({
      HTTPS_PROXY: 'http://user:secret@proxy:3128',
      HF_ENDPOINT: 'https://mirror.example',
      HF_TOKEN: 'hf_secret',
      NO_PROXY: 'localhost',
      PATH: '/bin',
    })
    expect(settings).toEqual([
      {name: 'HF_ENDPOINT', value: 'https://mirror.example'},
      {name: 'HTTPS_PROXY', value: 'http://***@proxy:3128'},
      {name: 'NO_PROXY', value: 'localhost'},
      {name: 'HF_TOKEN', value: 'set'},
    ])
  })
})
