// What Sealdock stands on is missing: the Engine, the disk. And the one update that may not be
// seamless says so before it begins.

import assert from 'node:assert/strict'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { survived } from './faults/matrix.js'
import { agrees, nothingRemains } from './faults/world.js'
import { ask, Client, git, image, served } from './lib/client.js'
import { command } from './lib/command.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { freePort, freshDirectory } from './lib/places.js'
import { assertCliRefusal, assertRefusal, plain } from './lib/refusals.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const tagOf = (letter) => `sealdock-e2e-outages:${letter}-${process.pid}`
const images = { a: tagOf('a'), b: tagOf('b') }
const HEALTH = { health: { path: '/health' }, drain_s: 1 }

before(async () => {
  if (skip) return
  await buildImage(images.a, { version: 'a' })
  await buildImage(images.b, { version: 'b', env: { HELLO_START_DELAY_MS: '1500' } })
})
after(async () => {
  for (const tag of Object.values(images)) await removeImage(tag)
})

describe('the Engine is down', { concurrency: 1 }, () => {
  let sealdock, client
  before(async () => {
    sealdock = await Sealdock.start({ env: { DOCKER_HOST: 'unix:///nonexistent' } })
    client = await Client.owner(sealdock)
  })
  after(() => sealdock?.destroy())

  const says = /Docker Engine at unix:\/\/\/nonexistent does not answer/

  it('F-1 serve runs, and its page and API say what to do', async (t) => {
    const { items: [runtime] } = await client.get('/v2/runtimes')
    assert.equal(runtime.reachable, false)
    assert.match(runtime.sentence, says)
    assert.match(runtime.way_out, /systemctl start docker/)
    const { needs_me: [attention] } = await client.get('/v2/overview')
    assert.match(attention.sentence, says)
    const { code, stdout } = await client.cli('doctor')
    assert.equal(code, 1)
    assert.match(stdout, /FAIL {2}runtime: docker: Docker Engine at unix:\/\/\/nonexistent/)
    survived(t, 'Engine down at start', 'serve runs; API, overview and doctor name the way out')
  })

  it('F-1 what needs the Engine at once is refused with the sentence', async () => {
    const expected = { status: 503, code: 'runtime_unreachable', says, wayOut: /systemctl start docker/ }
    assertRefusal(await client.refused('POST', '/v2/projects', { name: 'web', source: image('any:1') }), expected)
    assertCliRefusal(await client.cli('deploy', '--image', 'any:1', '--local', '--name', 'web', '--yes', '--wait'), expected)
    assert.deepEqual((await client.get('/v2/projects')).items, [])
  })

  it('F-1 what needs it later fails with the sentence, or waits and says so', async () => {
    const { summary } = await client.create('pulled', image('127.0.0.1:1/app:1', false))
    const view = await eventually('it says why', async () => {
      const view = await client.deployment(summary.id)
      return says.test(view.summary.sentence) && view
    })
    plain(view.summary.sentence)
  })
})

describe('the disk is full', { skip: skip || (process.getuid() === 0 ? false : 'only root can mount a small disk') }, () => {
  let sealdock, client, repository, installation
  const disk = {}

  before(async () => {
    disk.path = await freshDirectory('disk')
    await command('mount', ['-t', 'tmpfs', '-o', 'size=512m', 'sealdock-e2e', disk.path])
    disk.data = join(disk.path, 'data')
    repository = await Repository.make({ tag: 'v1', config: 'health:\n  path: /health\n' }, { tag: 'v2', config: 'health:\n  path: /health\n' })
    sealdock = await Sealdock.start({ data: disk.data })
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await repository?.remove()
    await command('umount', ['--lazy', disk.path])
    await rmdir(disk.path)
    if (installation) await sweep(installation)
  })

  it('Q-24 a build is refused with the space that is left, the live version goes on, and the next one works', async (t) => {
    const { summary } = await client.live('web', git(repository, 'v1'))
    installation = await client.installation(summary.id)
    await resize('100m')
    const refused = await client.update(summary.environment, { source: git(repository, 'v2') })
    const view = await client.until(refused.summary.id, 'failed')
    assert.match(view.summary.sentence, /has \d+ MiB left; at least 256 MiB are needed.*Free some space/)
    await served(sealdock, 'web.localhost', 'v1')
    await resize('512m')
    const began = performance.now()
    await client.updated(summary.environment, { source: git(repository, 'v2') })
    await served(sealdock, 'web.localhost', 'v2')
    survived(t, 'disk full', 'the build is refused with the free space, v1 serves; once there is space, v2 does', performance.now() - began)
  })

  const resize = (size) => command('mount', ['-o', `remount,size=${size}`, disk.path])
})

describe('an update that has downtime', { skip, concurrency: 1 }, () => {
  let sealdock, client, installation
  before(async () => {
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  it('P-9 is planned as replace, takes a typed yes, and answers 503 with Retry-After in the gap', async (t) => {
    const config = { ...HEALTH, exclusive: [`port:${await freePort()}`] }
    const { summary } = await client.live('alone', image(images.a), config)
    const { environment, project } = summary
    installation = await client.installation(summary.id)
    const update = { source: image(images.b) }
    const plan = await client.post(`/v2/environments/${environment}/update/plan`, update)
    assert.deepEqual([plan.strategy, plan.downtime, plan.typed], ['replace', true, 'yes'])
    const unsure = await client.refused('POST', `/v2/environments/${environment}/update`, { update, digest: plan.digest })
    assertRefusal(unsure, { status: 422, place: /^typed$/, says: /downtime/, wayOut: /Type yes/ })
    await served(sealdock, 'alone.localhost', 'a')

    const next = await client.update(environment, update, 'yes')
    const answers = await answersUntil('b')
    await client.until(next.summary.id, 'live')
    await agrees(client, next.summary.id, 'b')
    const gap = answers.filter(({ status }) => status !== 200)
    assert.ok(gap.length > 0, 'there was no gap')
    for (const { status, headers, body } of gap) {
      assert.equal(status, 503, body)
      assert.match(headers['retry-after'], /^\d+$/)
      assert.match(body, /new version of this app is being deployed/)
    }
    const versions = answers.filter(({ status }) => status === 200).map(({ body }) => body.trim())
    assert.deepEqual([...new Set(versions)], ['a', 'b'])
    survived(t, 'replace: both versions need one port', `${gap.length} answers in the gap, each 503 with Retry-After`, gap.at(-1).at - gap[0].at)
    await client.delete(project, 'alone')
    await client.gone(project)
    await nothingRemains(sealdock, { environment, deployments: [summary.id, next.summary.id] })
  })

  /** Every answer until that version serves. */
  async function answersUntil(version) {
    const answers = []
    await eventually(`${version} serves`, async () => {
      const answer = await ask(sealdock, 'alone.localhost')
      answers.push({ ...answer, at: performance.now() })
      return answer.status === 200 && answer.body.trim() === version
    }, { everyMs: 20 })
    return answers
  }
})

describe('the reader of its log', () => {
  it('goes away: it serves on, and ends when it is told', async () => {
    const alone = await Sealdock.start()
    try {
      alone.child.stdout.destroy()
      alone.child.stderr.destroy()
      assert.equal((await fetch(`${alone.url}/healthz`)).status, 200)
      assert.equal(await Promise.race([alone.terminate(), sleep(20_000, 'it is still there')]), 0)
    } finally {
      await alone.destroy()
    }
  })
})
