/** A setting of the network as the environment has it; `value` never holds a password. */
export interface NetworkSetting {
  readonly name: string
  readonly value: string
}

const ADDRESSES = ['HF_ENDPOINT', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
const PLAIN = ['NO_PROXY', 'no_proxy', 'HF_HUB_OFFLINE', 'NODE_EXTRA_CA_CERTS']
const SECRET = ['HF_TOKEN']

/** The variables that decide where models come from. */
export function checkNetwork(env: NodeJS.ProcessEnv): NetworkSetting[] {
  const settings = (names: readonly string[], show: (value: string) => string) =>
    names.flatMap(name => (env[name] ? [{name, value: show(env[name])}] : []))
  return [...settings(ADDRESSES, withoutPassword), ...settings(PLAIN, value => value), ...settings(SECRET, () => 'set')]
}

export function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//***@')
}
