#!/usr/bin/env node
import {readFileSync} from 'node:fs'
import {arch, argv, platform, stdout, version} from 'node:process'

// Answered before anything else is loaded: scripts ask for it.
if (argv.length === 3 && (argv[2] === '--version' || argv[2] === '-V')) {
  const {name, version: own} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  stdout.write(`${name}/${own} ${platform}-${arch} node-${version}\n`)
} else {
  const {run} = await import('../dist/run.js')
  await run(argv.slice(2), import.meta.url)
}
