import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import type {Provider} from './session.js'

/** Versions that onnxruntime-node 1.30 is built against. */
export const NEEDED = {cuda: '12', cudnn: '9', tensorrt: '10'} as const

interface Fix {
  readonly providers: readonly Provider[]
  readonly pattern: RegExp
  readonly fix: (match: RegExpExecArray) => string
}

/** First match wins. The patterns stand for what the loader, the driver and ONNX Runtime print. */
const FIXES: readonly Fix[] = [
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /no NVIDIA GPU/,
    fix: () =>
      'Use --device cpu. If there is a GPU: sudo apt-get install -y nvidia-driver; in a container, run it with --gpus all',
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /libonnxruntime_providers_\w+\.so: cannot open shared object|provider library is not installed/,
    fix: () => `ONNXRUNTIME_NODE_INSTALL=cuda12 node ${JSON.stringify(join(runtimeFolder(), 'script', 'install.js'))}`,
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /(libcuda)\.so/,
    fix: () =>
      'Install the NVIDIA driver (sudo apt-get install -y nvidia-driver); in a container, run it with --gpus all',
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /libcudnn\w*\.so\.(\d+)/,
    fix: ([, major]) => `sudo apt-get install -y libcudnn${major}-cuda-${NEEDED.cuda}`,
  },
  {
    providers: ['tensorrt'],
    pattern: /lib(?:nvinfer|nvonnxparser)\w*\.so\.(\d+)/,
    fix: ([, major]) => `sudo apt-get install -y libnvinfer${major} libnvinfer-plugin${major} libnvonnxparsers${major}`,
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /lib(?:cu|nv)\w+\.so\.\d+/,
    fix: () =>
      `sudo apt-get install -y cuda-libraries-${NEEDED.cuda}-9, or add the folder that has it to LD_LIBRARY_PATH (often /usr/local/cuda/lib64)`,
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /driver version is insufficient|CUDA failure 35|forward compatibility/,
    fix: () => `Update the NVIDIA driver: it is older than CUDA ${NEEDED.cuda} needs (525 or newer)`,
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /no CUDA-capable device|CUDA failure 100|invalid device ordinal/,
    fix: () => 'Check `nvidia-smi -L` and CUDA_VISIBLE_DEVICES; in a container, run it with --gpus all',
  },
  {
    providers: ['cuda', 'tensorrt'],
    pattern: /backend not found/,
    fix: () => 'onnxruntime-node has CUDA on Linux x64 only: use --device cpu',
  },
  {
    providers: ['webgpu'],
    pattern: /adapter/i,
    fix: () =>
      'sudo apt-get install -y libvulkan1 mesa-vulkan-drivers (AMD, Intel) or the driver of the GPU\'s maker; without a GPU, see "WebGPU without a GPU" in docs/devices.md',
  },
  {providers: ['coreml'], pattern: /./, fix: () => 'CoreML exists on Macs with Apple silicon only: use --device cpu'},
  {providers: ['directml'], pattern: /./, fix: () => 'DirectML exists on Windows only: use --device cpu'},
]

/** What to do about a provider that does not start, as exactly as its error allows. */
export function providerFix(provider: Provider, reason: string): string {
  for (const {providers, pattern, fix} of FIXES) {
    const match = providers.includes(provider) ? pattern.exec(reason) : null
    if (match !== null) return fix(match)
  }
  return 'Run `lingulu doctor`, or use --device cpu'
}

/** Where onnxruntime-node is installed; its provider libraries lie in `bin/`. */
export function runtimeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
}
