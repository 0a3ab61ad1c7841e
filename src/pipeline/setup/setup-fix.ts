/** First match wins. The patterns stand for what npm, node-gyp and the packages' scripts print. */
const FIXES: readonly (readonly [pattern: RegExp, fix: string])[] = [
  [
    /storage\.googleapis\.com/,
    'storage.googleapis.com cannot be reached. Set HTTPS_PROXY, or TFJS_NODE_BASE_URI to a mirror, or give a TensorFlow library that is here: --libtensorflow <folder>',
  ],
  [
    /(?:getaddrinfo|connect).*nodejs\.org|nodejs\.org.*failed/,
    'Set npm_config_nodedir to the folder that has include/node',
  ],
  [/spawn npm ENOENT|npm: not found/, 'Install npm, which comes with Node.js: https://nodejs.org'],
  [
    /not found: make|make: not found|find Python|g\+\+: (?:not found|No such file)|spawn make ENOENT/,
    'sudo apt-get install -y build-essential python3',
  ],
  [/EACCES|EROFS|EPERM|ENOTDIR/, 'Choose a folder that you may write to: LINGULU_TFJS=<folder>'],
  [/ENOSPC/, 'Make room on the disk, or choose another folder: LINGULU_TFJS=<folder>'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E404|network/i,
    'The npm registry cannot be reached: check `npm config get registry`, or set HTTPS_PROXY',
  ],
]

/** What to do about a step that failed, as exactly as its words allow. */
export function setupFix(words: string): string {
  return FIXES.find(([pattern]) => pattern.test(words))?.[1] ?? 'Run it again with --dry-run and try the steps by hand'
}
