// A real registry of our own on loopback, behind a password.

import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { command } from './command.js'
import { removeImage } from './docker.js'
import { eventually } from './eventually.js'
import { freePort, freshDirectory } from './places.js'

export class Registry {
  /** `null` where the programs are not installed. @param {{username: string, password: string}} user */
  static async start(user) {
    const users = await command('htpasswd', ['-Bbn', user.username, user.password]).catch(() => null)
    if (users === null) return null
    const registry = new Registry()
    registry.user = user
    registry.folder = await freshDirectory('registry')
    registry.host = `127.0.0.1:${await freePort()}`
    await writeFile(join(registry.folder, 'users'), `${users.trim()}\n`)
    await writeFile(join(registry.folder, 'config.yml'), [
      'version: 0.1', 'log: {level: error}',
      `storage: {filesystem: {rootdirectory: ${registry.folder}/data}}`,
      `http: {addr: '${registry.host}'}`,
      `auth: {htpasswd: {realm: test, path: ${registry.folder}/users}}`, '',
    ].join('\n'))
    registry.child = spawn('docker-registry', ['serve', join(registry.folder, 'config.yml')], { stdio: 'ignore' })
    registry.exited = new Promise((resolve) => registry.child.once('exit', resolve).once('error', resolve))
    await eventually('the registry listens', () => listens(registry.host), { timeoutMs: 10_000 })
    return registry
  }

  /** Sends an image there and takes it from this machine; its name. */
  async push(local, name) {
    const reference = `${this.host}/${name}`
    const { username, password } = this.user
    const config = join(this.folder, 'docker')
    await mkdir(config, { recursive: true })
    const auth = Buffer.from(`${username}:${password}`).toString('base64')
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [this.host]: { auth } } }))
    await command('docker', ['tag', local, reference])
    await command('docker', ['--config', config, 'push', '--quiet', reference])
    await removeImage(reference)
    await removeImage(local)
    return reference
  }

  /** What the registry calls it, whatever its tag means tomorrow: `sha256:…`. */
  async digest(name) {
    const [repository, tag] = name.split(':')
    const { username, password } = this.user
    const answer = await fetch(`http://${this.host}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: {
        accept: 'application/vnd.docker.distribution.manifest.v2+json',
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      },
    })
    return answer.headers.get('docker-content-digest')
  }

  async stop() {
    this.child.kill()
    await this.exited
    await rm(this.folder, { recursive: true, force: true })
  }
}

function listens(address) {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => resolve(socket.end()))
    socket.once('error', reject)
  })
}
