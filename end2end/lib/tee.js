// What confidential machines are made from on this machine, and what is left of them afterwards.

import { execFile } from 'node:child_process'
import { access, chmod, cp, mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Client } from './client.js'
import { freePort, freshDirectory, SEALDOCK } from './places.js'
import { Sealdock } from './sealdock.js'

const FIRMWARE = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/edk2/ovmf/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd']
const PROGRAMS = ['qemu-system-x86_64', 'swtpm']

/** Where `./setup tee` puts it. */
export const KIT = join(process.env.SEALDOCK_TOOLS ?? join(homedir(), '.cache', 'sealdock', 'tools'), 'tee')

const exists = (path) => access(path).then(() => true, () => false)
const one = async (paths) => (await Promise.all(paths.map(exists))).some(Boolean)

/** Why no machine can be started here; false when one can. */
export async function noMachines() {
  const missing = []
  for (const program of PROGRAMS) {
    const places = process.env.PATH.split(':').map((folder) => join(folder, program))
    if (!(await one(places))) missing.push(program)
  }
  if (!(await one(FIRMWARE))) missing.push('OVMF')
  for (const part of ['agent', 'vmlinuz', 'modules']) if (!(await exists(join(KIT, part)))) missing.push(join(KIT, part))
  return missing.length ? `./setup tee has not been run: ${missing.join(', ')} is missing` : false
}

/** Names of the programs that run inside this folder: QEMU and its TPM have relative paths alone. */
export async function running(folder) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const inside = await Promise.all(pids.map(async (pid) => {
    const [where, program] = await Promise.all([readlink(`/proc/${pid}/cwd`), readlink(`/proc/${pid}/exe`)]).catch(() => [])
    return where?.startsWith(folder) ? { pid: Number(pid), program: program.split('/').at(-1) } : null
  }))
  return inside.filter(Boolean)
}

/** Ten seconds on an idle machine. */
export const BOOT = { timeoutMs: 240_000 }

/** Boots machines with a kit, a QEMU and a TLS port of its own. */
export class World {
  static async start() {
    const world = new World()
    world.papers = await freshDirectory('papers')
    world.kit = join(world.papers, 'kit')
    await cp(KIT, world.kit, { recursive: true })
    const bin = await world.#host()
    world.tlsPort = await freePort()
    const args = ['--runtime', 'docker', '--runtime', 'tee', '--tee-kit', world.kit, '--tee-attest-s', '5', '--proxy-tls-listen', `127.0.0.1:${world.tlsPort}`]
    world.sealdock = await Sealdock.start({ args, env: { PATH: `${bin}:${process.env.PATH}` } })
    world.client = await Client.owner(world.sealdock)
    return world
  }

  /** A host that attacks the machines that it starts, when it is told to: its QEMU is a script of ours. */
  async #host() {
    const bin = join(this.papers, 'bin')
    await mkdir(bin)
    const paths = process.env.PATH.split(':').map((folder) => join(folder, PROGRAMS[0]))
    const found = await Promise.all(paths.map(exists))
    const script = host(join(this.papers, 'attack'), paths[found.indexOf(true)])
    await writeFile(join(bin, PROGRAMS[0]), script)
    await chmod(join(bin, PROGRAMS[0]), 0o755)
    return bin
  }

  /** What its host does to the next machines: `rootfs`, `config`, `initrd`, `cmdline` or nothing. */
  attack(what = '') {
    return writeFile(join(this.papers, 'attack'), what)
  }

  get folder() {
    return join(this.sealdock.data, 'tee')
  }

  /** Processes of machines and of their TPMs. */
  machines() {
    return running(this.folder)
  }

  card(id) {
    return this.client.get(`/v2/deployments/${id}/attestation`)
  }

  /** Asks an app at the address whose TLS ends inside; whose key that is, too. */
  inside(host, path = '/version', { limitMs = 20_000 } = {}) {
    const options = { host: '127.0.0.1', port: this.tlsPort, servername: host, path, agent: false, rejectUnauthorized: false, headers: { host, connection: 'close' } }
    return new Promise((resolve, reject) => {
      const outgoing = request(options, async (answer) => {
        try {
          const key = answer.socket.getPeerCertificate().fingerprint256
          const parts = []
          for await (const part of answer) parts.push(part)
          resolve({ status: answer.statusCode, headers: answer.headers, key, body: Buffer.concat(parts).toString() })
        } catch (error) {
          reject(error)
        }
      })
      outgoing.setTimeout(limitMs, () => outgoing.destroy(new Error(`silent for ${limitMs} ms`)))
      outgoing.once('error', reject).end()
    })
  }

  async destroy() {
    await this.sealdock?.destroy()
    await rm(this.papers, { recursive: true, force: true })
  }
}

/** Somebody else, who has the executable, a folder with these files, and nothing of our server. */
export async function stranger(line, files) {
  const folder = await freshDirectory('stranger')
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(content))
    const [program, ...words] = line.split(' ')
    if (program !== 'sealdock') throw new Error(`not ours: ${line}`)
    const env = { PATH: process.env.PATH, HOME: folder }
    return await new Promise((resolve) =>
      execFile(SEALDOCK, words, { cwd: folder, env, timeout: 90_000 }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr })))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** It starts where the machine's files are. What other machines have too is copied before it is changed. */
const host = (attack, qemu) => `#!/bin/sh
attack=$(cat '${attack}' 2>/dev/null)
spoil() { cp "$1" "$1.spoiled" && chmod u+w "$1.spoiled" && printf 'spoiled' | dd of="$1.spoiled" bs=1 seek="$2" conv=notrunc 2>/dev/null && mv -f "$1.spoiled" "$1"; }
case "$1:$attack" in
  --version:*) ;;
  *:rootfs) spoil rootfs.img 100 ;;
  *:config) spoil config.img 4000 ;;
  *:initrd) dd if=/dev/zero bs=512 count=1 >> initrd.cpio 2>/dev/null ;;
esac
for word do
  shift
  case "$attack:$word" in cmdline:console=*) word="$word tee.debug=1" ;; esac
  set -- "$@" "$word"
done
exec '${qemu}' "$@"
`
