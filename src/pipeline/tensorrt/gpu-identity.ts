import type {RunProgram} from '../doctor/run-program.js'

/** What an engine depends on, beside TensorRT. */
export interface GpuIdentity {
  readonly name: string
  /** `9.0`. */
  readonly computeCapability: string
  readonly driver: string
}

interface Row extends GpuIdentity {
  readonly uuid: string
}

/** The order in which `nvidia-smi` counts GPUs; CUDA by itself puts the fastest first. */
export const GPU_ORDER = {CUDA_DEVICE_ORDER: 'PCI_BUS_ID'} as const

/**
 * The GPU that CUDA calls `device`, with CUDA counting as {@link GPU_ORDER} says and only what `$CUDA_VISIBLE_DEVICES`
 * leaves. Undefined where that is not known: no `nvidia-smi` (JetPack has none), or a part of a GPU (MIG).
 */
export async function gpuIdentity(
  run: RunProgram,
  device: number,
  env: NodeJS.ProcessEnv,
): Promise<GpuIdentity | undefined> {
  const query = ['--query-gpu=index,uuid,name,compute_cap,driver_version', '--format=csv,noheader']
  const rows = ((await run('nvidia-smi', query)) ?? '').split('\n').flatMap((line): Row[] => {
    const [index = '', uuid = '', name = '', computeCapability = '', driver = ''] = line.split(',').map(x => x.trim())
    return /^\d+$/.test(index) && driver !== '' ? [{uuid, name, computeCapability, driver}] : []
  })
  const visible = env.CUDA_VISIBLE_DEVICES
  const wanted = visible === undefined ? String(device) : (visible.split(',')[device]?.trim() ?? '')
  const row = /^\d+$/.test(wanted)
    ? rows[Number(wanted)]
    : rows.find(({uuid}) => wanted.startsWith('GPU-') && uuid.startsWith(wanted))
  if (row === undefined) return undefined
  const {uuid: _, ...identity} = row
  return identity
}
