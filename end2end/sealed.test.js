// X-15 from outside: everything secret that can be given to Sealdock is given to it, and then looked
// for in every file of its data directory, while it runs, after keys were replaced, and when it stands.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { chmod, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, git, inData } from './lib/client.js'
import { freePort, freshDirectory, SEALDOCK } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

/** A real one, for this key alone. */
async function sshd(key) {
  const folder = await freshDirectory('sshd')
  const port = await freePort()
  const made = await new Promise((resolve) => execFile('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')], (error) => resolve(!error)))
  if (!made) return undefined
  const keys = join(folder, 'authorized')
  await writeFile(keys, `${key}\n`)
  const options = ['ListenAddress=127.0.0.1', `HostKey=${join(folder, 'host')}`, `AuthorizedKeysFile=${keys}`, 'UsePAM=no', 'StrictModes=no', 'PasswordAuthentication=no', 'PermitRootLogin=prohibit-password', 'PidFile=none']
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', '/dev/null', '-p', String(port), ...options.flatMap((option) => ['-o', option])], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
  const stop = async () => {
    child.kill()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const gone = await Promise.race([ended.then(() => true), sleep(500)])
  if (!gone) return { port, stop, forget: () => writeFile(keys, '') }
  await stop()
  return undefined
}

const KMS = `#!/bin/sh
case "$1" in wrap) tr 0-9a-f g-v ;; unwrap) tr g-v 0-9a-f ;; *) exit 4 ;; esac
`

describe('what is sealed', { concurrency: 1 }, () => {
  const fresh = (name) => `${name}-${randomBytes(12).toString('hex')}`
  const values = { forge: fresh('forge'), git: fresh('git'), registry: fresh('registry'), service: fresh('service'), secret: fresh('secret') }
  let sealdock, client, repository, project, hook, kms

  before(async () => {
    repository = await Repository.of({ Dockerfile: 'FROM fake/ok\n', 'sealdock.yml': 'drain_s: 0\n' })
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] })
    client = await Client.owner(sealdock)
    const made = await client.create('web', git(repository, 'v1'))
    project = made.summary.project
    hook = await client.post(`/v2/projects/${project}/git/hook`)
    values.hook = hook.secret
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
  })

  /** Every file of the data directory, but the mirrors of repositories. */
  async function* files(folder) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && entry.name !== 'mirrors') yield* files(path)
      else if (entry.isFile()) yield path
    }
  }
  async function nowhere() {
    let looked = 0
    for await (const path of files(sealdock.data)) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      for (const [name, value] of Object.entries(values)) assert.ok(!bytes.includes(value), `${path} holds the ${name}'s`)
      assert.ok(!bytes.includes('OPENSSH PRIVATE KEY'), `${path} holds a private key`)
      if (path.includes('sealdock.db')) looked += 1
    }
    assert.ok(looked > 0)
  }
  /** A signature that is computed with the hook's secret is believed. */
  async function believed() {
    const body = JSON.stringify({ zen: randomBytes(4).toString('hex') })
    const signature = `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`
    const headers = { 'content-type': 'application/json', 'x-github-event': 'ping', 'x-github-delivery': randomBytes(8).toString('hex') }
    const { path } = hook.hook.paths.find(({ provider }) => provider === 'github')
    const send = (signature) =>
      fetch(`${sealdock.url}${path}`, { method: 'POST', headers: { ...headers, 'x-hub-signature-256': signature }, body })
    assert.ok((await send(signature)).ok, 'the right signature is believed')
    assert.equal((await send(`sha256=${'0'.repeat(64)}`)).ok, false)
  }
  const rotate = (verb, ...more) => client.cli('secret', verb, '--data', sealdock.data, ...more)

  it('X-15 nothing secret that it is given lies in a file as it is', async () => {
    await client.post(`/v2/projects/${project}/git/host`, {
      provider: 'github', url: 'https://api.example.invalid', repository: 'team/app', token: values.forge,
    })
    await client.post('/v2/credentials', { kind: 'git', place: 'git.example.invalid', username: 'bot', secret: values.git })
    await client.post('/v2/credentials', { kind: 'registry', place: 'registry.example.invalid', username: 'bot', secret: values.registry })
    await client.post('/v2/services', { name: 'db', kind: 'postgres', url: `postgres://app:${values.service}@db.example.invalid/app` })
    await client.post('/v2/secrets', { name: 'TOKEN', value: values.secret })
    const settings = await client.get('/v2/settings')
    assert.match(settings.deploy_key, /^ssh-ed25519 /)
    assert.match(settings.master_key, /master\.key, as it is, for its owner alone to read$/)
    await believed()
    await nowhere()
    assert.equal((await stat(inData(sealdock, 'master.key'))).mode & 0o777, 0o600)
  })

  it('I-3 a repository over ssh opens to the deploy key, which is a file for as long as git runs', async (t) => {
    const { deploy_key: key } = await client.get('/v2/settings')
    const host = await sshd(key)
    if (!host) return t.skip('no sshd')
    try {
      const source = git({ url: `ssh://${userInfo().username}@127.0.0.1:${host.port}${repository.path}` }, 'v1')
      const plan = await client.post('/v2/projects/plan', { name: 'over-ssh', source })
      assert.ok(plan.digest)
      const scratch = await readdir(inData(sealdock, 'scratch'))
      assert.deepEqual(scratch.filter((name) => name.startsWith('ssh-')), [])
      await host.forget()
      const no = await client.refused('POST', '/v2/projects/plan', { name: 'over-ssh', source: { ...source, revision: { kind: 'branch', name: 'main' } } })
      assert.match(no.problem.way_out, /deploy key/)
    } finally {
      await host.stop()
    }
    await nowhere()
  })

  it('X-15 new data keys and a new master key come to all of it, while it runs', async () => {
    const { deploy_key: key } = await client.get('/v2/settings')
    const data = await rotate('rotate-data')
    assert.equal(data.code, 0, data.stderr)
    assert.match(data.stdout, /Every data key is a new one; [78] values are sealed with them\./)
    const master = await rotate('rotate-master')
    assert.equal(master.code, 0, master.stderr)
    await believed()
    await nowhere()
    await sealdock.terminate()
    await nowhere()
    await sealdock.serve()
    await believed()
    assert.equal((await client.get('/v2/settings')).deploy_key, key)
    assert.equal((await client.get('/v2/services')).items[0].address, 'postgres://db.example.invalid:5432/app')
  })

  it('X-15 a service wraps the master key, and the file alone opens nothing', async () => {
    kms = inData(sealdock, 'wrapper')
    await writeFile(kms, KMS)
    await chmod(kms, 0o755)
    await sealdock.terminate()
    const wrapped = await rotate('rotate-master', '--master-key-kms', kms)
    assert.equal(wrapped.code, 0, wrapped.stderr)
    assert.match(await readFile(inData(sealdock, 'master.key'), 'utf8'), /^wrapped:[g-v]{64}\n$/)
    assert.match(await refusedStart(), /was wrapped by a key management service\. Say which with --master-key-kms/)
    assert.match(await refusedStart('--master-key-kms', '/nonexistent/kms'), /`\/nonexistent\/kms` can't be started/)
    sealdock.options.args.push('--master-key-kms', kms)
    await sealdock.serve()
    await believed()
    assert.match((await client.get('/v2/settings')).master_key, /wrapped by `.*wrapper`$/)
    const doctor = await client.cli('doctor', '--local', '--data', sealdock.data, '--master-key-kms', kms)
    assert.match(doctor.stdout, /OK +master key: In .*master\.key, wrapped by `.*wrapper`\./)
    await nowhere()
  })

  function refusedStart(...more) {
    const address = (port) => `127.0.0.1:${port}`
    const args = ['serve', '--runtime', 'fake', '--data', sealdock.data, '--listen', address(sealdock.port), '--proxy-listen', address(sealdock.proxyPort), ...more]
    return new Promise((resolve, reject) =>
      execFile(SEALDOCK, args, { timeout: 30_000 }, (error, stdout, stderr) => (error?.code > 0 ? resolve(stderr) : reject(new Error(`it started: ${stdout}`)))))
  }
})
