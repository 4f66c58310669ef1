// Images of PostgreSQL and Redis, made from this machine's own packages: no registry is asked. They
// understand what the official images understand. Made once for each version, and then kept.

import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addFile, addLibraries, addProgram, addTree, which } from './base-image.js'
import { command, lines } from './command.js'
import { freshDirectory } from './places.js'

const TOOLS = ['sh', 'cat', 'chmod', 'chown', 'env', 'mkdir', 'rm', 'setpriv']
const USER = 999
const AS_USER = `setpriv --reuid=${USER} --regid=${USER} --clear-groups --`
const PROGRAMS = ['postgres', 'initdb', 'pg_ctl', 'pg_isready', 'pg_dump', 'pg_restore', 'psql', 'createdb', 'dropdb']

const POSTGRES_ENTRY = `#!/bin/sh
set -eu
: "\${POSTGRES_PASSWORD:?is not set}" "\${POSTGRES_USER:=postgres}" "\${POSTGRES_DB:=$POSTGRES_USER}"
mkdir -p "$PGDATA" /var/run/postgresql
chown -R ${USER}:${USER} "$PGDATA" /var/run/postgresql
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  chown ${USER}:${USER} /tmp/password
  ${AS_USER} initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 --locale=C --encoding=UTF8
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  ${AS_USER} pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start
  [ "$POSTGRES_DB" = postgres ] || ${AS_USER} createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  ${AS_USER} pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec ${AS_USER} postgres -D "$PGDATA" -c listen_addresses='*'
`

const REDIS_ENTRY = `#!/bin/sh
set -eu
chown -R ${USER}:${USER} /data
exec ${AS_USER} "$@"
`

/** The newest PostgreSQL of this machine as an image; null when there is none. */
export async function postgresImage() {
  const home = await postgresHome()
  const share = home?.replace('/usr/lib/', '/usr/share/')
  if (!home) return null
  const version = await command(join(home, 'bin', 'postgres'), ['--version'])
  return made('postgres', version, { entry: POSTGRES_ENTRY, signal: 'SIGINT', path: join(home, 'bin') }, async (root) => {
    for (const program of PROGRAMS) await addFile(root, join(home, 'bin', program))
    await addTree(root, join(home, 'lib'), (path) => !/llvmjit|bitcode/.test(path))
    await addTree(root, share)
    await addTree(root, '/usr/share/zoneinfo')
    const modules = (await readdir(join(home, 'lib'))).filter((name) => name.endsWith('.so') && !name.startsWith('llvmjit'))
    await addLibraries(root, [...PROGRAMS.map((name) => join(home, 'bin', name)), ...modules.map((name) => join(home, 'lib', name))])
  })
}

/** This machine's Redis as an image; null when there is none. */
export async function redisImage() {
  const server = await which('redis-server').catch(() => null)
  if (!server) return null
  const version = await command(server, ['--version'])
  return made('redis', version, { entry: REDIS_ENTRY, signal: 'SIGTERM', path: '' }, async (root) => {
    await addProgram(root, 'redis-server', server)
    await addProgram(root, 'redis-cli', await which('redis-cli'))
  })
}

/** Where Debian keeps the programs of the newest PostgreSQL. */
export async function postgresHome() {
  const all = await readdir('/usr/lib/postgresql').catch(() => [])
  const newest = all.filter((name) => /^\d+$/.test(name)).sort((a, b) => b - a)
  for (const name of newest) {
    const home = join('/usr/lib/postgresql', name)
    if (await access(join(home, 'bin', 'postgres')).then(() => true, () => false)) return home
  }
  return null
}

async function made(name, version, { entry, signal, path }, fill) {
  const own = await readFile(fileURLToPath(import.meta.url))
  const digest = createHash('sha256').update(version).update(own).digest('hex').slice(0, 12)
  const tag = `sealdock-e2e/${name}:${digest}`
  if ((await lines('docker', ['image', 'ls', '--quiet', tag])).length > 0) return tag
  const folder = await freshDirectory('service-image')
  const root = join(folder, 'root')
  try {
    await skeleton(root, entry)
    await fill(root)
    await command('tar', ['--create', '--file', join(folder, 'root.tar'), '--owner=0', '--group=0', '--directory', root, '.'])
    await writeFile(join(folder, '.dockerignore'), 'root\n')
    await writeFile(join(folder, 'Dockerfile'), dockerfile(signal, path))
    // The classic builder: the client here has no buildx.
    await command('docker', ['build', '--quiet', '--tag', tag, folder], { env: { ...process.env, DOCKER_BUILDKIT: '0' }, timeout: 600_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return tag
}

async function skeleton(root, entry) {
  for (const folder of ['usr/local/bin', 'usr/bin', 'bin', 'etc', 'data', 'var/run']) await mkdir(join(root, folder), { recursive: true })
  await mkdir(join(root, 'tmp'), { recursive: true, mode: 0o1777 })
  await writeFile(join(root, 'etc', 'passwd'), `root:x:0:0::/:/bin/sh\nservice:x:${USER}:${USER}::/data:/bin/sh\n`)
  await writeFile(join(root, 'etc', 'group'), `root:x:0:\nservice:x:${USER}:\n`)
  for (const tool of TOOLS) await addProgram(root, tool, await which(tool))
  await symlink('/usr/local/bin/sh', join(root, 'bin', 'sh'))
  await symlink('/usr/local/bin/env', join(root, 'usr', 'bin', 'env'))
  await writeFile(join(root, 'entrypoint'), entry, { mode: 0o755 })
}

function dockerfile(signal, path) {
  const all = [path, '/usr/local/bin', '/usr/bin', '/bin'].filter(Boolean).join(':')
  return ['FROM scratch', 'ADD root.tar /', `ENV PATH=${all} LC_ALL=C`, 'WORKDIR /data', `STOPSIGNAL ${signal}`, 'ENTRYPOINT ["/entrypoint"]', ''].join('\n')
}
