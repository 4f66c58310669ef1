// A certificate authority (Pebble) and a DNS server (its challtestsrv) on loopback, with keys that
// are made for this run.

import { spawn } from 'node:child_process'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { command } from './command.js'
import { eventually } from './eventually.js'
import { freePort, freshDirectory } from './places.js'

export const EAB = { kid: 'kid-1', key: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' }

const TOOLS = [['pebble', '-h'], ['pebble-challtestsrv', '-h'], ['openssl', 'version']]

/** What of it this machine does not have. */
export async function missingTools() {
  const absent = ([program, word]) => command(program, [word]).then(() => false, ({ code }) => code === 'ENOENT')
  const answers = await Promise.all(TOOLS.map(absent))
  return TOOLS.filter((_, index) => answers[index]).map(([program]) => program)
}

/** A certificate of one's own: PEM, valid for the names. */
export async function selfSigned(directory, names, days = 30) {
  const [key, cert] = [join(directory, 'own.key'), join(directory, 'own.pem')]
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')
  await command('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert,
    '-days', String(days), '-subj', '/CN=sealdock test', '-addext', `subjectAltName=${alternatives}`,
    // One that may issue others is no server's: clients refuse it.
    '-addext', 'basicConstraints=critical,CA:FALSE',
  ])
  return { key: await readFile(key, 'utf8'), chain: await readFile(cert, 'utf8'), keyFile: key, certFile: cert }
}

export class Names {
  /** A DNS server: every name is at 127.0.0.1 unless it was set otherwise. */
  static async start() {
    const names = new Names()
    names.port = await freePort()
    names.management = await freePort()
    const none = ['-http01', '', '-https01', '', '-tlsalpn01', '']
    names.child = spawn('pebble-challtestsrv', [
      '-dns01', `127.0.0.1:${names.port}`, '-management', `127.0.0.1:${names.management}`,
      '-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', ...none,
    ], { stdio: 'ignore' })
    await eventually('the DNS server answers', () => names.set('clear-a', { host: 'nothing.example.' }))
    return names
  }

  get address() {
    return `127.0.0.1:${this.port}`
  }

  async set(what, body) {
    const answer = await fetch(`http://127.0.0.1:${this.management}/${what}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${what}: ${answer.status}`)
    return true
  }

  txt = (host, value) => this.set('set-txt', { host: `${host}.`, value })
  at = (host, ...addresses) => this.set('add-a', { host: `${host}.`, addresses })
  cname = (host, target) => this.set('set-cname', { host: `${host}.`, target: `${target}.` })

  /** An executable as an operator would write one: it sets and clears records here. */
  async hook(directory) {
    const path = join(directory, 'dns-hook')
    const script = `#!${process.execPath}
const [, , verb, name, value] = process.argv
const body = verb === 'present' ? { host: name + '.', value } : { host: name + '.' }
const what = verb === 'present' ? 'set-txt' : 'clear-txt'
fetch('http://127.0.0.1:${this.management}/' + what, { method: 'POST', body: JSON.stringify(body) })
  .then((answer) => process.exit(answer.ok ? 0 : 1), (error) => { console.error(error.message); process.exit(1) })
`
    await writeFile(path, script)
    await chmod(path, 0o700)
    return path
  }

  stop() {
    this.child?.kill('SIGKILL')
  }
}

export class Authority {
  /**
   * @param {Names} names
   * @param {{httpPort: number, validS?: number, eab?: boolean, rejectedNonces?: number}} options
   */
  static async start(names, { httpPort, validS = 90 * 86400, eab = false, rejectedNonces = 15 }) {
    const authority = new Authority()
    authority.directory = await freshDirectory('authority')
    authority.port = await freePort()
    authority.management = await freePort()
    const own = await selfSigned(authority.directory, ['localhost', '127.0.0.1'])
    authority.own = own
    const config = join(authority.directory, 'config.json')
    await writeFile(config, JSON.stringify({ pebble: {
      listenAddress: `127.0.0.1:${authority.port}`, managementListenAddress: `127.0.0.1:${authority.management}`,
      certificate: own.certFile, privateKey: own.keyFile, httpPort, tlsPort: 1, ocspResponderURL: '',
      externalAccountBindingRequired: eab, externalAccountMACKeys: { [EAB.kid]: EAB.key },
      certificateValidityPeriod: validS,
    } }))
    authority.config = config
    authority.env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(rejectedNonces), PEBBLE_AUTHZREUSE: '0' }
    authority.names = names
    await authority.serve()
    return authority
  }

  get url() {
    return `https://127.0.0.1:${this.port}/dir`
  }

  /** Starts it, again if need be: with fresh roots, and with no memory of accounts. */
  async serve() {
    this.child = spawn('pebble', ['-config', this.config, '-dnsserver', this.names.address], { env: this.env, stdio: 'ignore' })
    await eventually('the certificate authority answers', () => this.#get(this.port, '/dir'))
    this.root = await this.#get(this.management, '/roots/0')
  }

  #get(port, path) {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, ca: this.own.chain, agent: false }, async (answer) => {
        let text = ''
        for await (const part of answer) text += part
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}`))
      }).once('error', reject).end()
    })
  }

  kill() {
    this.child.kill('SIGKILL')
  }

  async stop() {
    this.kill()
    await rm(this.directory, { recursive: true, force: true })
  }
}
