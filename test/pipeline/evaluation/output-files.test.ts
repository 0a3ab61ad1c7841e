import {mkdir, symlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {checkOutputFiles, type FileOptions, planOutputFiles} from '../../../src/pipeline/evaluation/output-files.js'
import {temporaryFolder} from '../transcripts/temporary-folder.js'
import {utterance} from './selected-dataset.js'

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder, 'set'))
  for (const name of ['set/text', 'set/a.wav']) await writeFile(join(folder, name), 'of the user')
  await symlink(join(folder, 'set/a.wav'), join(folder, 'link.html'))
})

const check = (options: FileOptions) => {
  const place = {file: join(folder, 'set/text'), line: 1}
  const all = [utterance('a', {audio: join(folder, 'set/a.wav'), place})]
  return checkOutputFiles(planOutputFiles(options), {path: join(folder, 'set'), all}, options)
}

test.each<[string, (at: (name: string) => string) => FileOptions]>([
  ['hypotheses over a list', at => ({hypotheses: at('set/text')})],
  ['a page over a recording', at => ({files: {html: at('set/a.wav')}})],
  ['JUnit over a recording', at => ({files: {junit: at('set/a.wav')}})],
  ['a page over a link to a recording', at => ({files: {html: at('link.html')}})],
])('%s of the data set is refused, with --force too', async (_, options) => {
  const files = options(name => join(folder, name))
  for (const force of [false, true])
    await expect(check({...files, force})).rejects.toMatchObject({
      code: 'OUTPUT_COLLISION',
      message: expect.stringContaining('a file of the data set'),
    })
})

test('a new file beside the recordings is none of them', async () => {
  await expect(check({files: {report: join(folder, 'set/report.md')}})).resolves.toBeUndefined()
})
