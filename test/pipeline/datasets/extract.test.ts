import {execFileSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {
  type ArchiveKind,
  type ExtractOptions,
  extractArchive,
} from '../../../src/pipeline/datasets/archives/extract-archive.js'
import type {Extracted} from '../../../src/pipeline/datasets/archives/write-member.js'
import {LinguluError} from '../../../src/pipeline/errors.js'
import {type TarMember, tarGzOf, tarOf, type ZipMember, zipOf} from './make-archive.js'

const LIMITS = {bytes: 2_000_000, members: 100}

let root: string
let count = 0
let home: string
let folder: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lingulu-extract-'))
})
afterAll(async () => await rm(root, {recursive: true, force: true}))
beforeEach(async () => {
  home = join(root, String(count++))
  folder = join(home, 'out')
  await mkdir(home)
})

async function extract(archive: Buffer, kind: ArchiveKind, options: Partial<ExtractOptions> = {}): Promise<Extracted> {
  const path = join(home, 'archive')
  await writeFile(path, archive)
  const extracting = extractArchive(path, {kind, folder, limits: LIMITS, ...options})
  for (;;) {
    const step = await extracting.next()
    if (step.done) return step.value
  }
}

async function refusal(promise: Promise<unknown>): Promise<LinguluError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LinguluError)) throw new Error(`expected a LinguluError, got ${String(error)}`)
  return error
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, {recursive: true, withFileTypes: true}).catch(() => [])
  return entries
    .filter(entry => !entry.isDirectory())
    .map(({parentPath, name}) => join(parentPath, name).slice(path.length + 1))
    .sort()
}

/** Nothing was written beside the archive and the folder. */
async function expectNothingOutside(): Promise<void> {
  expect((await readdir(home)).filter(name => name !== 'archive' && name !== 'out')).toEqual([])
  expect(existsSync('/tmp/lingulu-evil')).toBe(false)
}

const GOOD: readonly (TarMember & ZipMember)[] = [
  {name: 'set/LICENSE', content: 'free'},
  {name: 'set/a/b/one.txt', content: 'one'},
  {name: './set/a/zwei ü 二.txt', content: 'x'.repeat(100_000)},
  {name: 'set/empty', content: ''},
]

describe('an archive', () => {
  test.each([
    ['tar', () => tarOf(GOOD)],
    ['tar.gz', () => tarGzOf(GOOD)],
    ['zip', async () => zipOf(GOOD.filter(({name}) => !name.startsWith('./')))],
  ] as const)('%s is unpacked as it is', async (kind, make) => {
    const {files, bytes, leftOutCount} = await extract(await make(), kind)
    const expected = GOOD.filter(({name}) => kind !== 'zip' || !name.startsWith('./'))
    expect(files).toBe(expected.length)
    expect(leftOutCount).toBe(0)
    for (const {name, content = ''} of expected)
      expect(await readFile(join(folder, name), 'utf8')).toBe(String(content))
    expect(bytes).toBe(expected.reduce((sum, {content = ''}) => sum + content.length, 0))
    await expectNothingOutside()
  })

  test('of folders alone makes them', async () => {
    await extract(await tarOf([{name: 'a/b/', type: 'directory'}]), 'tar')
    expect((await stat(join(folder, 'a/b'))).isDirectory()).toBe(true)
  })

  test('takes over no permissions: nothing is executable, nothing is set-user-id', async () => {
    await extract(await tarOf([{name: 'run', content: '#!', mode: 0o4777}]), 'tar')
    expect((await lstat(join(folder, 'run'))).mode & 0o7111).toBe(0)
  })

  test('with long names by pax headers is unpacked under them', async () => {
    const name = `${'deep/'.repeat(20)}${'n'.repeat(120)}.txt`
    await extract(await tarOf([{name, content: 'x'}]), 'tar')
    expect(await filesIn(folder)).toEqual([name])
  })
})

const EVIL_NAMES = [
  '../evil',
  '../../../../../../tmp/lingulu-evil',
  'a/../../evil',
  '/tmp/lingulu-evil',
  '//tmp/lingulu-evil',
  'C:/evil',
  'c:evil',
  '..\\evil',
  'a\\..\\..\\evil',
  '\\\\server\\share',
  'evil\nname',
  'file:stream',
  'con',
  'a/NUL.txt',
  'ends.',
  `${'a/'.repeat(40)}b`,
  'ü'.repeat(200),
]

describe('a name that would leave the folder, or that some system takes for something else, is refused', () => {
  test.each(EVIL_NAMES)('tar: %j', async name => {
    const error = await refusal(
      extract(
        await tarOf([
          {name: 'ok', content: '1'},
          {name, content: 'evil'},
        ]),
        'tar',
      ),
    )
    expect(error.message).toMatch(/may not be written|reaches outside/)
    expect(await filesIn(folder)).toEqual(['ok'])
    await expectNothingOutside()
  })

  test.each(EVIL_NAMES)('zip: %j', async name => {
    const error = await refusal(extract(zipOf([{name, content: 'evil'}]), 'zip'))
    expect(error.message).toContain('cannot be unpacked')
    expect(await filesIn(folder)).toEqual([])
    await expectNothingOutside()
  })
})

describe('a link', () => {
  test.each([
    ['symlink', '../../outside'],
    ['symlink', '/etc/passwd'],
    ['symlink', 'a/../../../outside'],
    ['link', '/etc/passwd'],
    ['link', '../../outside'],
  ] as const)('(%s) to %s is refused', async (type, linkname) => {
    const error = await refusal(extract(await tarOf([{name: 'd/l', type, linkname}]), 'tar'))
    expect(error.message).toContain('points outside')
    expect(await filesIn(folder)).toEqual([])
  })

  test('that stays inside is left out, and so is what is no file', async () => {
    const extracted = await extract(
      await tarOf([
        {name: 'd/a', content: 'a'},
        {name: 'd/l', type: 'symlink', linkname: 'a'},
        {name: 'h', type: 'link', linkname: 'd/a'},
        {name: 'fifo', type: 'fifo'},
        {name: 'dev', type: 'character-device', devmajor: 1, devminor: 3},
      ]),
      'tar',
    )
    expect(extracted).toMatchObject({files: 1, leftOutCount: 4, leftOut: ['d/l', 'h', 'fifo', 'dev']})
    expect(await filesIn(folder)).toEqual(['d/a'])
  })

  test('of a zip file is left out', async () => {
    const extracted = await extract(zipOf([{name: 'l', content: '/etc/passwd', mode: 0o120777}]), 'zip')
    expect(extracted).toMatchObject({files: 0, leftOut: ['l']})
    expect(await filesIn(folder)).toEqual([])
  })

  test('is not written through: the folder behind it is a folder of its own', async () => {
    const outside = join(home, 'out', 'd')
    await extract(
      await tarOf([
        {name: 'd', type: 'symlink', linkname: 'e'},
        {name: 'd/file', content: 'x'},
      ]),
      'tar',
    )
    expect((await lstat(outside)).isSymbolicLink()).toBe(false)
    expect(await filesIn(folder)).toEqual(['d/file'])
  })
})

describe('a bomb is stopped', () => {
  test('when a member says that it is too large', async () => {
    const error = await refusal(extract(await tarGzOf([{name: 'zeros', content: Buffer.alloc(3_000_000)}]), 'tar.gz'))
    expect(error.message).toContain('unpacks to more than 2 MB')
    expect(await filesIn(folder)).toEqual([])
  })

  test('when many members together are too large', async () => {
    const members = Array.from({length: 5}, (_, index) => ({name: `${index}`, content: Buffer.alloc(600_000)}))
    expect((await refusal(extract(await tarGzOf(members), 'tar.gz'))).message).toContain('more than 2 MB')
    expect((await refusal(extract(zipOf(members), 'zip', {folder: join(home, 'zip')}))).message).toContain('more than')
  })

  test('when there is too much between the members', async () => {
    const archive = gzipSync(Buffer.concat([await tarOf([{name: 'a', content: 'a'}]), Buffer.alloc(50_000_000)]))
    expect(archive.length).toBeLessThan(100_000)
    expect((await refusal(extract(archive, 'tar.gz'))).message).toContain('more than 2 MB')
  })

  test('when there are too many members', async () => {
    const members = Array.from({length: 101}, (_, index) => ({name: `${index}`, content: ''}))
    expect((await refusal(extract(await tarOf(members), 'tar'))).message).toContain('more than 100 files')
    expect((await refusal(extract(zipOf(members), 'zip', {folder: join(home, 'zip')}))).message).toContain('more than')
  })

  test('when a zip file unpacks to more than it says', async () => {
    const archive = zipOf([{name: 'a', content: Buffer.alloc(1_000_000), declaredBytes: 10}])
    expect((await refusal(extract(archive, 'zip'))).message).toContain('damaged')
  })
})

describe('a damaged archive says so', () => {
  test.each([
    ['a tar file cut in a member', async () => (await tarOf(GOOD)).subarray(0, 60_000), 'tar'],
    ['a tar.gz cut short', async () => (await tarGzOf(GOOD)).subarray(0, 150), 'tar.gz'],
    ['no gzip at all', async () => Buffer.from('<html>login</html>'), 'tar.gz'],
    ['no tar in gzip', async () => gzipSync(Buffer.alloc(2000, 7)), 'tar.gz'],
    ['no bzip2', async () => Buffer.from('<html>login</html>'), 'tar.bz2'],
    ['no zip', async () => Buffer.from('<html>login</html>'), 'zip'],
    ['a zip cut short', async () => zipOf(GOOD.slice(0, 2)).subarray(0, 100), 'zip'],
    ['an encrypted zip', async () => zipOf([{name: 'a', content: 'a', isEncrypted: true}]), 'zip'],
  ] as const)('%s', async (_, make, kind) => {
    const {message, hint} = await refusal(extract(Buffer.from(await make()), kind))
    expect(message).toMatch(/cannot be unpacked: it (is|holds an encrypted)/)
    expect(hint).toBeDefined()
  })

  test.each([
    ['tar', () => tarOf([GOOD[0]!, GOOD[0]!])],
    ['zip', async () => zipOf([GOOD[0]!, GOOD[0]!])],
  ] as const)('%s with two files of one name: none is written over', async (kind, make) => {
    expect((await refusal(extract(await make(), kind))).message).toContain('two files of the same name')
    expect(await readFile(join(folder, 'set/LICENSE'), 'utf8')).toBe('free')
  })

  test('a file where a folder is needed', async () => {
    const archive = await tarOf([
      {name: 'a', content: '1'},
      {name: 'a/b', content: '2'},
    ])
    expect((await refusal(extract(archive, 'tar'))).message).toContain('two files of the same name')
  })
})

test('an interruption ends the unpacking', async () => {
  const controller = new AbortController()
  controller.abort()
  const error = await refusal(extract(await tarOf(GOOD), 'tar', {signal: controller.signal}))
  expect(error.code).toBe('INTERRUPTED')
})

const bzip2 = (input: Buffer, ...argv: string[]) => execFileSync('bzip2', ['-c', ...argv], {input, maxBuffer: 1e8})
const hasBzip2 = (() => {
  try {
    return bzip2(Buffer.from('x')).length > 0
  } catch {
    return false
  }
})()

/** Numbers that are not quite random, so that there are runs, and more than one block. */
function noise(bytes: number): Buffer {
  let state = 1
  return Buffer.from(
    Uint8Array.from({length: bytes}, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 16) % (state % 7 === 0 ? 256 : 3)
    }),
  )
}

describe.skipIf(!hasBzip2)(`a tar.bz2 ${hasBzip2 ? '' : '(skipped: there is no bzip2)'}`, () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.from('a')],
    [
      'runs of every length',
      Buffer.from(Array.from({length: 300}, (_, n) => String.fromCharCode(97 + (n % 26)).repeat(n)).join('')),
    ],
    ['zeros over several blocks', Buffer.alloc(1_500_000)],
    ['noise over several blocks', noise(1_500_000)],
    ['text', Buffer.from('she sells sea shells '.repeat(9000))],
  ])('of %s is unpacked as bzip2 packed it', async (_, content) => {
    for (const level of ['-1', '-9']) {
      const target = join(home, level)
      await extract(bzip2(await tarOf([{name: 'f', content}]), level), 'tar.bz2', {folder: target})
      expect((await readFile(join(target, 'f'))).equals(content)).toBe(true)
    }
  })

  test('of several streams is one', async () => {
    const archive = await tarOf([{name: 'f', content: noise(50_000)}])
    const streams = Buffer.concat([bzip2(archive.subarray(0, 20_000)), bzip2(archive.subarray(20_000))])
    await extract(streams, 'tar.bz2')
    expect((await readFile(join(folder, 'f'))).equals(noise(50_000))).toBe(true)
  })

  test('that is damaged anywhere is refused', async () => {
    const good = bzip2(await tarOf([{name: 'f', content: noise(20_000)}]))
    for (let at = 5; at < good.length - 10; at += Math.ceil(good.length / 40)) {
      const bad = Buffer.from(good)
      bad.writeUInt8(bad.readUInt8(at) ^ 0x10, at)
      const error = await refusal(extract(bad, 'tar.bz2', {folder: join(home, String(at))}))
      expect(error.message).toContain('cannot be unpacked')
    }
    expect((await refusal(extract(good.subarray(0, good.length - 40), 'tar.bz2'))).message).toContain('ends too early')
  })

  test('that is a bomb is stopped', async () => {
    const error = await refusal(extract(bzip2(Buffer.alloc(40_000_000)), 'tar.bz2'))
    expect(error.message).toContain('unpacks to more than 2 MB')
  })
})
