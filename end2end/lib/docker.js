// The real Docker Engine, by its client's argv: images of our own, and what is left behind.

import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command, lines } from './command.js'
import { hello } from './hello.js'
import { freshDirectory } from './places.js'

/** Every object that Sealdock makes carries it; its value tells installations apart. */
const LABEL = 'sealdock.installation'

/** The Engine's version, or null when none answers. */
export async function engineVersion() {
  return command('docker', ['version', '--format', '{{.Server.Version}}']).catch(() => null)
}

/**
 * A Dockerfile for the app `FROM scratch`.
 * @param {Record<string, string>} env  its knobs
 */
export function dockerfile(env = {}) {
  const knobs = Object.entries(env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`)
  return ['FROM scratch', 'COPY hello version /', ...knobs, 'USER 65532:65532', 'EXPOSE 8080', 'ENTRYPOINT ["/hello"]', ''].join('\n')
}

/** Writes a build context of the app into `folder`. */
export async function writeContext(folder, { version, env }) {
  await mkdir(folder, { recursive: true })
  await copyFile(await hello(), join(folder, 'hello'))
  await chmod(join(folder, 'hello'), 0o755)
  await writeFile(join(folder, 'version'), `${version}\n`)
  await writeFile(join(folder, 'Dockerfile'), dockerfile(env))
}

/**
 * Builds an image of the app and returns its id. Labels keep it apart from Sealdock's own.
 * @param {string} tag
 * @param {{version?: string, env?: Record<string, string>}} [app]
 */
export async function buildImage(tag, { version = 'v1.0.0', env = {} } = {}) {
  const folder = await freshDirectory('image')
  try {
    await writeContext(folder, { version, env })
    // The classic builder: the client here has no buildx.
    await command('docker', ['build', '--quiet', '--tag', tag, folder], { env: { ...process.env, DOCKER_BUILDKIT: '0' } })
    return await command('docker', ['image', 'inspect', '--format', '{{.Id}}', tag])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function removeImage(tag) {
  await command('docker', ['image', 'rm', '--force', tag]).catch(() => {})
}

/**
 * All that carries Sealdock's label, as `kind name`: run it before and after, and compare.
 * @param {string} [installation]  only this one's
 */
export async function labelled(installation) {
  const filter = ['--filter', installation ? `label=${LABEL}=${installation}` : `label=${LABEL}`]
  const lists = {
    container: ['ps', '--all', '--no-trunc', ...filter, '--format', '{{.ID}} {{.Names}}'],
    network: ['network', 'ls', '--no-trunc', ...filter, '--format', '{{.Name}}'],
    volume: ['volume', 'ls', ...filter, '--format', '{{.Name}}'],
    image: ['image', 'ls', '--no-trunc', ...filter, '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'],
  }
  const found = await Promise.all(
    Object.entries(lists).map(async ([kind, args]) => (await lines('docker', args)).map((line) => `${kind} ${line}`)),
  )
  return found.flat()
}

/** Removes containers, networks and volumes of an installation: for after a test that failed. */
export async function sweep(installation) {
  for (const line of await labelled(installation)) {
    const [kind, name] = line.split(' ')
    if (kind === 'container') await command('docker', ['rm', '--force', '--volumes', name]).catch(() => {})
    if (kind === 'network') await command('docker', ['network', 'rm', name]).catch(() => {})
    if (kind === 'volume') await command('docker', ['volume', 'rm', '--force', name]).catch(() => {})
  }
}
