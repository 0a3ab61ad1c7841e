#!/usr/bin/env -S node --import tsx
// Runs the sources: by itself oclif would take the commands of dist, built from older ones, or find none.
import {readFile} from 'node:fs/promises'
import {argv} from 'node:process'
import {fileURLToPath} from 'node:url'
import {execute, Plugin} from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
pjson.oclif.commands = './src/commands'
const plugin = new Plugin({root, pjson, isRoot: true, ignoreManifest: true})
await plugin.load()
await execute({args: argv.slice(2), loadOptions: {root, pjson, plugins: new Map([[plugin.name, plugin]])}})
