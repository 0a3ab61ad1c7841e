// npm's prepare: builds a clone after `npm ci`, and before it is packed.
import {execSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {stderr} from 'node:process'

const exists = path => existsSync(new URL(`../${path}`, import.meta.url))
// npx in a clone links the package into npm's cache, which prepares it once more.
const linked = process.env.npm_command === 'exec' && exists('dist/run.js')

if (exists('node_modules/typescript')) {
  if (!linked) execSync('npm run --silent build', {stdio: 'inherit'})
} else if (!exists('dist/run.js')) {
  stderr.write('lingulu is not built: that takes the development dependencies (npm ci, then npm run build).\n')
}
