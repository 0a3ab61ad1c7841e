import {createHash} from 'node:crypto'
import {escapeMarkup} from '../../text/markup-text.js'
import {REPORT_MARKER} from '../report-marker.js'
import {PAGE_SCRIPT} from './page-script.js'
import {PAGE_STYLE} from './page-style.js'

/**
 * A page that stands by itself: only its own script and style may run, nothing may be fetched but audio from beside it, and
 * nothing may be sent.
 */
export function htmlPage(title: string, body: string): string {
  const policy = [
    "default-src 'none'",
    `script-src ${sourceHash(PAGE_SCRIPT)}`,
    `style-src ${sourceHash(PAGE_STYLE)}`,
    'img-src data:',
    "media-src 'self' file:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
${REPORT_MARKER}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeMarkup(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

const sourceHash = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`
