// A PostgreSQL and a Redis of this machine, as plain processes: on loopback for the test, and on the
// address of Docker's bridge for the containers.

import { spawn } from 'node:child_process'
import { chmod, chown, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './command.js'
import { eventually } from './eventually.js'
import { freePort, freshDirectory } from './places.js'
import { postgresHome } from './service-images.js'

/** Where containers reach this machine. An Engine that found its bridge there already names no gateway: it is the first address. */
const bridge = async () => {
  const [subnet, gateway] = (await command('docker', ['network', 'inspect', 'bridge', '--format', '{{with index .IPAM.Config 0}}{{.Subnet}} {{.Gateway}}{{end}}'])).split(' ')
  return gateway || subnet.replace(/\.0\/\d+$/, '.1')
}

export async function hostRedis() {
  const [folder, port, host] = [await freshDirectory('redis'), await freePort(), await bridge()]
  const password = 'outside-redis-password'
  const words = ['--port', port, '--bind', '127.0.0.1', host, '--requirepass', password, '--dir', folder, '--save', '']
  const process = started('redis-server', words.map(String))
  const cli = (...args) => command('redis-cli', ['-p', String(port), ...args], { env: { ...globalThis.process.env, REDISCLI_AUTH: password } })
  await eventually('this machine’s Redis answers', async () => (await cli('PING')) === 'PONG')
  return { port, host, password, cli, url: `redis://:${password}@${host}:${port}`, stop: () => stopped(process, folder) }
}

export async function hostPostgres() {
  const home = join(await postgresHome(), 'bin')
  const [folder, port, host] = [await freshDirectory('postgres'), await freePort(), await bridge()]
  const password = 'outside-postgres-password'
  const who = await somebody(folder)
  const run = (program, args) => command(join(home, program), args, { ...who, cwd: folder })
  await writeFile(join(folder, 'password'), password)
  await chmod(join(folder, 'password'), 0o644)
  const data = join(folder, 'data')
  await run('initdb', ['--pgdata', data, '--username', 'app', '--pwfile', join(folder, 'password'), '--auth-local=trust', '--auth-host=scram-sha-256', '--locale=C', '--encoding=UTF8'])
  await writeFile(join(data, 'pg_hba.conf'), 'local all all trust\nhost all all all scram-sha-256\n')
  const words = ['-D', data, '-p', String(port), '-k', folder, '-c', `listen_addresses=127.0.0.1,${host}`, '-c', 'fsync=off']
  const process = started(join(home, 'postgres'), words, { ...who, cwd: folder })
  await eventually('this machine’s PostgreSQL answers', async () => run('pg_isready', ['-h', folder, '-p', String(port)]))
  await run('createdb', ['-h', folder, '-p', String(port), '-U', 'app', 'app'])
  const psql = (url, sql) => run('psql', [url, '--no-psqlrc', '--tuples-only', '--no-align', '-c', sql])
  return { port, host, password, psql, url: `postgres://app:${password}@${host}:${port}/app`, stop: () => stopped(process, folder) }
}

/** PostgreSQL does not run as root: then as the user of its package. */
async function somebody(folder) {
  if (globalThis.process.getuid() !== 0) return {}
  const [uid, gid] = await Promise.all([command('id', ['-u', 'postgres']), command('id', ['-g', 'postgres'])])
  const who = { uid: Number(uid), gid: Number(gid) }
  await chown(folder, who.uid, who.gid)
  return who
}

function started(program, args, options = {}) {
  const child = spawn(program, args, { stdio: 'ignore', ...options })
  child.exited = new Promise((resolve) => child.once('exit', resolve))
  child.once('error', () => {})
  return child
}

async function stopped(child, folder) {
  child.kill('SIGKILL')
  await child.exited
  await rm(folder, { recursive: true, force: true })
}
