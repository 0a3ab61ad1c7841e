/** The command line that does the same again, as a shell takes it. Passwords in addresses are left out. */
export function repeatingCommand(command: string, argv: readonly string[]): string {
  return ['lingulu', command, ...argv.map(argument => quote(withoutCredentials(argument)))].join(' ')
}

/** `https://user:secret@host/…` */
const withoutCredentials = (argument: string): string => argument.replace(/([a-z][a-z\d+.-]*:\/\/)[^/\s@]+@/gi, '$1')

const quote = (argument: string): string =>
  /^[\w%+,./:=@-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
