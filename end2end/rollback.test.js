// What ran before, or runs elsewhere, once more: no clone, no build, no failed request.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { ask, bundle, Client, git, imagesOf, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { startLoad } from './lib/load.js'
import { freshDirectory } from './lib/places.js'
import { zip } from './lib/archive.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const docker = async (...args) => (await promisify(execFile)('docker', args)).stdout
const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 8\n'
const QUIET = { HELLO_QUIET: '1' }
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

/** The jobs up to completion; what comes after is the same for every deployment. */
const way = ({ jobs }) => {
  const kinds = jobs.map(({ kind }) => kind)
  return kinds.slice(0, kinds.indexOf('MarkDeploymentCompleteJob') + 1)
}

describe('rolling back and promoting', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, away, installation, project, production, staging
  const made = {}

  before(async () => {
    repository = await Repository.make(
      { tag: 'v1', env: QUIET, config: CONFIG },
      { tag: 'v2', env: QUIET, config: CONFIG },
      { tag: 'v3', env: QUIET, config: CONFIG },
    )
    away = `${repository.path}.away`
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const { summary } = await client.create('web', git(repository, 'v1'))
    made.v1 = await client.until(summary.id, 'live')
    ;({ project, environment: production } = made.v1.summary)
    installation = await client.installation(summary.id)
    made.v2 = await next({ source: git(repository, 'v2'), config: { env: { GREETING: 'two' } } })
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const next = async (update, environment = production) =>
    client.until((await client.update(environment, update)).summary.id, 'live')

  it('P-13 goes back to v1 under load, with its image and its configuration, though its repository is gone', async () => {
    await client.until(made.v1.summary.id, 'stopped')
    await rename(repository.path, away)
    const load = await startLoad({ port: sealdock.proxyPort, host: 'web.localhost' })
    const back = await next({ reuse: { deployment: made.v1.summary.id } })
    await served(sealdock, 'web.localhost', 'v1')
    const { failures } = await load.stop()
    assert.deepEqual(failures, [])
    assert.deepEqual(way(back), ['VerifyLocalImageJob', 'DeployImageJob', 'MarkDeploymentCompleteJob'])
    assert.equal(back.summary.trigger, 'rollback')
    assert.equal(back.reuses.number, 1)
    assert.equal(back.artifact.image, made.v1.artifact.image)
    assert.deepEqual(back.config.env, {})
    await rename(away, repository.path)
    made.back = back
  })

  it('P-13 a version can come back with what is set now instead', async () => {
    await client.until(made.v2.summary.id, 'stopped')
    const plan = await client.call('POST', `/v2/environments/${production}/update/plan`, {
      reuse: { deployment: made.v2.summary.id, config: 'own' },
    })
    assert.equal(plan.verb, 'Roll back to v2')
    assert.deepEqual(plan.changes.map(({ path }) => path), ['env.GREETING'])
  })

  it('I-13 what serves is not rolled back to but restarted, and the plan says so', async () => {
    const path = `/v2/environments/${production}/update/plan`
    const plan = await client.call('POST', path, { reuse: { deployment: made.back.summary.id } })
    assert.deepEqual([plan.verb, plan.trigger, plan.downtime], ['Restart v1', 'restart', false])
  })

  it('P-14 staging runs what production runs, bit for bit, at its own address', async () => {
    staging = (await client.call('POST', `/v2/projects/${project}/environments`, { name: 'staging' })).id
    assert.equal((await ask(sealdock, 'staging-web.localhost', '/version')).status, 404)
    const versions = await client.get(`/v2/environments/${staging}/versions`)
    assert.deepEqual(versions.elsewhere.map(({ deployment }) => deployment.id), [made.back.summary.id])
    const { code, stdout, stderr } = await client.cli('promote', 'web', '--from', 'production', '--to', 'staging', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await served(sealdock, 'staging-web.localhost', 'v1')
    const { items } = await client.get('/v2/deployments?environment=staging')
    const promoted = await client.get(`/v2/deployments/${items[0].id}`)
    assert.equal(promoted.summary.trigger, 'promote')
    assert.equal(promoted.artifact.image, made.v1.artifact.image)
  })

  it('P-13 the seed’s own path and the command line go back too', async () => {
    const { summary } = await client.call('POST', `/v2/projects/${project}/rollback`, { deployment: made.v2.summary.id })
    await client.until(summary.id, 'live')
    await served(sealdock, 'web.localhost', 'v2')
    const { code, stdout, stderr } = await client.cli('rollback', 'web', '--to', '1', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await served(sealdock, 'web.localhost', 'v1')
  })

  it('P-13 an image that somebody removed is refused before anything runs', async () => {
    const { code, stdout, stderr } = await client.cli('rollback', 'web', '--to', '99', '--yes')
    assert.notEqual(code, 0)
    assert.match(stdout + stderr, /#99 is not among the versions that served here/)
  })

  it('I-12 deleting the project takes the kept images along', async () => {
    const { items } = await client.get(`/v2/deployments?project=${project}`)
    await client.delete(project, 'web')
    await client.gone(project)
    assert.deepEqual(await imagesOf(items.map(({ id }) => id)), [])
  })
})

describe('an image as a file', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, folder, installation

  before(async () => {
    folder = await freshDirectory('image')
    repository = await Repository.make({ tag: 'v7', env: QUIET, config: CONFIG })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    await rm(folder, { recursive: true, force: true })
    if (installation) await sweep(installation)
  })

  it('P-2 what `docker save` wrote is sent, loaded and served, and names nothing on the machine', async () => {
    const built = await client.live('built', git(repository, 'v7'))
    installation = await client.installation(built.summary.id)
    const file = join(folder, 'app.tar')
    const name = `sealdock-e2e-poison:${Date.now()}`
    await docker('tag', built.artifact.image, name)
    await docker('save', name, '-o', file)
    await docker('rmi', name)
    const { code, stdout, stderr } = await client.cli('deploy', '--bundle', file, '--name', 'sent', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await served(sealdock, 'sent.localhost', 'v7')
    const { items } = await client.get('/v2/deployments?text=sent')
    const view = await client.deployment(items[0].id)
    assert.deepEqual(way(view), ['VerifyLocalImageJob', 'DeployImageJob', 'MarkDeploymentCompleteJob'])
    assert.match(await client.log(view.jobs[0].stream), /names in it are not taken over/)
    assert.equal((await docker('images', '-q', name)).trim(), '')
  })
})

describe('rolling a static site back', { concurrency: 1 }, () => {
  let sealdock, client, folder

  before(async () => {
    folder = await freshDirectory('site')
    sealdock = await Sealdock.start({ args: ['--runtime', 'fake'] }) // It needs no Engine.
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await rm(folder, { recursive: true, force: true })
  })

  it('P-13 the files of before are served again, and nothing is unpacked', async () => {
    const site = async (text) => bundle(await client.upload('site.zip', zip({ 'index.html': text })))
    const first = await client.live('site', await site('one'))
    await client.updated(first.summary.environment, { source: await site('two') })
    await served(sealdock, 'site.localhost', 'two', { path: '/' })
    await client.until(first.summary.id, 'stopped')
    const back = await client.updated(first.summary.environment, { reuse: { deployment: first.summary.id } })
    await served(sealdock, 'site.localhost', 'one', { path: '/' })
    assert.deepEqual(way(back), ['DeployStaticJob', 'MarkDeploymentCompleteJob'])
    assert.equal(back.artifact.digest, first.artifact.digest)
  })
})
