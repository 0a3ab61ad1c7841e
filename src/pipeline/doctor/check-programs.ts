import {existsSync} from 'node:fs'
import {providerFix} from '../runtime/provider-fix.js'
import type {RunProgram} from './run-program.js'

export interface ProgramReport {
  readonly name: string
  readonly purpose: string
  readonly version?: string | undefined
  /** The command that brings it, where it is missing. */
  readonly fix?: string | undefined
}

/** The external programs that lingulu can use. */
export async function checkPrograms(run: RunProgram): Promise<ProgramReport[]> {
  const [ffmpeg, trtexec] = await Promise.all([run('ffmpeg', ['-version']), run('trtexec', ['--help'])])
  return [
    {
      name: 'ffmpeg',
      purpose: 'reads m4a, mp4, webm and whatever is not wav, mp3, flac or ogg',
      ...(ffmpeg === undefined ? {fix: installCommand('ffmpeg')} : {version: ffmpegVersion(ffmpeg)}),
    },
    {
      name: 'trtexec',
      purpose: 'builds and times TensorRT engines',
      ...(trtexec === undefined
        ? {
            fix: `${providerFix('tensorrt', 'libnvinfer.so.10: missing')} libnvinfer-bin, and put /usr/src/tensorrt/bin on PATH`,
          }
        : {version: trtexecVersion(trtexec)}),
    },
  ]
}

export function ffmpegVersion(text: string): string {
  return /^ffmpeg version (\S+)/m.exec(text)?.[1] ?? 'unknown'
}

/** The banner writes 8.6.1 as `v8601` and, from version 10 on, 10.16.1 as `v101601`. */
export function trtexecVersion(text: string): string {
  const digits = /\[TensorRT v(\d+)\]/.exec(text)?.[1]
  if (digits === undefined) return 'unknown'
  const number = Number(digits)
  const step = digits.length > 4 ? 100 : 10
  const major = Math.floor(number / (step === 100 ? 10_000 : 1000))
  const minor = Math.floor(number / 100) % step
  return `${major}.${minor}.${number % 100}`
}

const MANAGERS: readonly (readonly [program: string, command: string])[] = [
  ['/usr/bin/apt-get', 'sudo apt-get install -y'],
  ['/usr/bin/dnf', 'sudo dnf install -y'],
  ['/usr/bin/pacman', 'sudo pacman -S --noconfirm'],
  ['/sbin/apk', 'sudo apk add'],
  ['/usr/bin/zypper', 'sudo zypper install -y'],
]

/** How this system's package manager installs something. */
export function installCommand(name: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'darwin') return `brew install ${name}`
  if (platform === 'win32') return `winget install ${name}`
  return `${MANAGERS.find(([program]) => existsSync(program))?.[1] ?? 'install with your package manager:'} ${name}`
}
