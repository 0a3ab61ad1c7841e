import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {EndpointOptions, VadOptions} from '../../src/pipeline/audio/vad/options.js'
import * as lingulu from '../../src/pipeline/lingulu.js'
import {CtcOptions} from '../../src/pipeline/models/ctc/options.js'
import {WhisperOptions} from '../../src/pipeline/models/whisper/options.js'
import {resultSchemas} from '../../src/pipeline/transcripts/results.js'
import {documents, prose, root} from '../support/documents.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('links', () => {
  const links = documents.flatMap(document =>
    [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({path: document.path, target})),
  )

  test('inside the repository lead somewhere', () => {
    const dead = links.filter(({path, target}) => {
      if (/^[a-z]+:/.test(target)) return false
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, found))) return true
      return anchor !== undefined && !anchors(read(found)).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  test('of README lead to every page', () => {
    const pages = documents.map(({path}) => path).filter(path => path.startsWith('docs/'))
    const linked = links.filter(({path}) => path === 'README.md').map(({target}) => target.split('#')[0])
    expect(pages.filter(page => !linked.includes(page))).toEqual([])
  })
})

/** The `type`s of the events that a file declares. */
const typesOf = (path: string): string[] =>
  [...read(path).matchAll(/readonly type: '([a-z-]+)'/g)].map(([, type = '']) => type)

const camelToFlag = (name: string) => `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

test.each([
  ['docs/whisper.md', Object.keys(WhisperOptions.shape)],
  ['docs/ctc.md', Object.keys(CtcOptions.shape)],
  ['docs/vad.md', Object.keys(VadOptions.shape)],
  ['docs/live.md', Object.keys(EndpointOptions.shape)],
  ['docs/library.md', Object.keys(lingulu)],
  ['docs/library.md', typesOf('src/pipeline/events.ts')],
  ['docs/library.md', typesOf('src/pipeline/live/live-transcribe.ts')],
])('%s names everything there is', (path, names) => {
  const text = read(path)
  const missing = names.filter(name => !text.includes(`\`${name}`) && !text.includes(`${camelToFlag(name)}\``))
  expect(missing).toEqual([])
})

test('docs/whisper.md has the defaults', () => {
  const defaults: Readonly<Record<string, unknown>> = WhisperOptions.parse({})
  const written = new Map<unknown, string>([
    [null, '`none`'],
    [true, 'on'],
    [false, 'off'],
  ])
  const rows = [...read('docs/whisper.md').matchAll(/^\| `--([\w-]+)` *\| (.*?) *\|/gm)].flatMap(
    ([, flag = '', cell = '']) => {
      const name = flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
      const value = defaults[name] ?? defaults[`${name}Seconds`] ?? null
      if (typeof value === 'string' || Array.isArray(value) || !(name in defaults || `${name}Seconds` in defaults))
        return []
      return [[flag, cell.replace(/ \(.*/, ''), written.get(value) ?? String(value).replace('-', '−')] as const]
    },
  )
  expect(rows.length).toBeGreaterThan(18)
  const wrong = rows.filter(([flag, cell, expected]) => flag !== 'language' && cell !== expected)
  expect(wrong).toEqual([])
})

// `npx vitest run test/docs -u` writes it anew.
test('docs/schema/results.schema.json is the schema of --json', async () => {
  const schema = `${JSON.stringify(resultSchemas().document, null, 2)}\n`
  await expect(schema).toMatchFileSnapshot('../../docs/schema/results.schema.json')
})
