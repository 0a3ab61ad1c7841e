import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import {expect, test} from 'vitest'
import Doctor from '../../src/commands/doctor.js'
import type {Diagnosis} from '../../src/pipeline/doctor/diagnose.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('doctor shows a table and finds the CPU', async () => {
  const {stdout, error} = await captureOutput(() => Doctor.run([], {root}))
  expect(error).toBeUndefined()
  expect(stdout).toMatch(/✓ cpu +opens a session and computes/)
  expect(stdout).toContain('Folders')
})

test('doctor --json gives one document', async () => {
  const {stdout} = await captureOutput(() => Doctor.run(['--json'], {root}))
  const diagnosis: Diagnosis = JSON.parse(stdout)
  expect(diagnosis.providers.find(({provider}) => provider === 'cpu')).toMatchObject({available: true})
  for (const result of diagnosis.providers) {
    if (!result.available) expect(result.fix.length).toBeGreaterThan(10)
  }
})
