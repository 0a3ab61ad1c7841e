// Writes the list of installed packages in NOTICE anew from package-lock.json: `node .ci/notice.mjs`.
import {readFileSync, writeFileSync} from 'node:fs'

const {packages} = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const installed = Object.entries(packages)
  .filter(([path, {dev}]) => path !== '' && dev !== true)
  .map(([path, {version, license}]) => `${path.replace(/.*node_modules\//, '')} ${version} ${license}`)
const marker = 'dist`.\n\n'
const [head] = readFileSync('NOTICE', 'utf8').split(marker)
writeFileSync('NOTICE', `${head}${marker}${[...new Set(installed)].sort().join('\n')}\n`)
