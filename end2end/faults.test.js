// What happens when a part of Sealdock, or a container, dies at the worst moment. Every test has
// an app under load, and asserts the bodies that its clients got.

import assert from 'node:assert/strict'
import { rm, truncate } from 'node:fs/promises'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { survived } from './faults/matrix.js'
import { watchHonesty } from './faults/honesty.js'
import { agrees, docker, killAndServe, loadOn, nothingRemains, unharmed } from './faults/world.js'
import { ask, Client, containerName, git, image, inData, served } from './lib/client.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\ndrain_s: 5\n'
const QUIET = { HELLO_QUIET: '1' }
/** Long enough to be met half-way, without a shell: a layer each. */
const LAYERS = 24

const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const tagOf = (letter) => `sealdock-e2e-faults:${letter}-${process.pid}`

/** The Engine tells of an exit up to half a second before its own list does. */
const LONGEST_LIE_MS = 2_000

/** Images that alternate: an update between them needs no build. */
const images = { a: tagOf('a'), b: tagOf('b') }

let sealdock, client, installation, repository

before(async () => {
  if (skip) return
  await buildImage(images.a, { version: 'a', env: QUIET })
  await buildImage(images.b, { version: 'b', env: QUIET })
  repository = await Repository.make({ tag: 'v1', env: QUIET, config: CONFIG })
  sealdock = await Sealdock.start()
  client = await Client.owner(sealdock)
})

after(async () => {
  await repository?.remove()
  await sealdock?.destroy()
  if (installation) await sweep(installation)
  for (const tag of Object.values(images)) await removeImage(tag)
})

/** A test that failed between a kill and a start takes no other with it. */
beforeEach(async () => {
  if (sealdock?.child.signalCode) await sealdock.serve()
})

/** An app of the test's own, live; it is gone after the test, whatever became of that. */
async function app(t, name, source, config = { health: { path: '/health' }, drain_s: 5 }) {
  const view = await client.live(name, source, config)
  const { id, environment, project } = view.summary
  installation ??= await client.installation(id)
  const target = { name, environment, project, host: new URL(view.urls[0]).hostname, deployments: [id] }
  t?.after(() => client.delete(project, name).catch((error) => error.status === 404 || Promise.reject(error)))
  return target
}

/** Updates to the other image, and returns as soon as that is accepted. */
async function switchTo(target, letter) {
  const { summary } = await client.update(target.environment, { source: image(images[letter]) })
  target.deployments.push(summary.id)
  return summary.id
}

async function remove(target) {
  await client.delete(target.project, target.name)
  await client.gone(target.project)
  await nothingRemains(sealdock, target)
  assert.equal((await ask(sealdock, target.host)).status, 404)
}

describe('kill -9 of serve', { skip, concurrency: 1 }, () => {
  it('Q-20 in the middle of a build: the build is made anew and goes live', async (t) => {
    const target = await app(t, 'building', git(repository, 'v1'), {})
    let serving = 'v1'
    for (const [round, offsetMs] of [0, 400, 1_200, 2_500].entries()) {
      const version = `v1.${round + 1}`
      await repository.release({ tag: version, env: QUIET, config: CONFIG, files: { Dockerfile: slowDockerfile() } })
      const load = await loadOn(sealdock, target.host)
      const { summary } = await client.update(target.environment, { source: git(repository, version) })
      target.deployments.push(summary.id)
      await client.until(summary.id, 'building')
      const running = (view) => view.jobs.some((job) => job.kind === 'BuildImageJob' && job.status === 'Running')
      await eventually('the image is being built', async () => running(await client.deployment(summary.id)), { everyMs: 10 })
      await sleep(offsetMs)
      const was = (await client.deployment(summary.id)).summary.phase
      await killAndServe(sealdock)
      const began = performance.now()
      await client.until(summary.id, 'live')
      const tookMs = performance.now() - began
      await agrees(client, summary.id, version)
      const seen = await unharmed(load, `${serving} > ${version}`)
      survived(t, `serve killed ${offsetMs} ms into a build (${was})`, seen, tookMs)
      serving = version
    }
    await remove(target)
  })

  it('Q-20 in the middle of a start: the instance that starts is adopted', async (t) => {
    const target = await app(t, 'starting', image(images.a))
    for (const [letter, offsetMs] of [['b', 0], ['a', 1_000]]) {
      const load = await loadOn(sealdock, target.host)
      const config = { health: { path: '/health' }, drain_s: 5, env: { HELLO_START_DELAY_MS: '2500' } }
      const { summary } = await client.update(target.environment, { source: image(images[letter]), config })
      target.deployments.push(summary.id)
      await client.until(summary.id, 'starting')
      await sleep(offsetMs)
      await killAndServe(sealdock)
      const began = performance.now()
      await client.until(summary.id, 'live')
      const tookMs = performance.now() - began
      await agrees(client, summary.id, letter)
      const seen = await unharmed(load, letter === 'b' ? 'a > b' : 'b > a')
      survived(t, `serve killed ${offsetMs} ms into a start`, seen, tookMs)
    }
    await remove(target)
  })

  it('Q-20 around a switch, at any offset: the switch happens once', async (t) => {
    const target = await app(t, 'switching', image(images.a))
    const usualMs = await timeOfSwitch(target, 'b')
    let [from, to] = ['b', 'a']
    for (let round = 0; round < 8; round++) {
      const load = await loadOn(sealdock, target.host)
      const id = await switchTo(target, to)
      const offsetMs = Math.round(usualMs * (0.5 + Math.random()))
      await sleep(offsetMs)
      const was = (await client.deployment(id)).summary.phase
      await killAndServe(sealdock, { downMs: 100 })
      const began = performance.now()
      await client.until(id, 'live')
      const tookMs = performance.now() - began
      await agrees(client, id, to)
      survived(t, `serve killed ${offsetMs} ms after an update (${was}; a switch takes ${Math.round(usualMs)})`, await unharmed(load, `${from} > ${to}`), tookMs)
      ;[from, to] = [to, from]
    }
    await remove(target)
  })

  it('Q-20 in the middle of a drain: the request in flight is answered by the old version', async (t) => {
    const target = await app(t, 'draining', image(images.a), { health: { path: '/health' }, drain_s: 20 })
    const load = await loadOn(sealdock, target.host)
    const slow = ask(sealdock, target.host, '/slow?ms=6000', { limitMs: 20_000 })
    await sleep(300)
    const id = await switchTo(target, 'b')
    await client.until(id, 'live')
    await client.until(target.deployments[0], 'draining')
    await killAndServe(sealdock)
    const began = performance.now()
    const answer = await slow
    assert.deepEqual([answer.status, answer.body], [200, 'a after 6000 ms\n'])
    await client.until(target.deployments[0], 'stopped')
    const tookMs = performance.now() - began
    await agrees(client, id, 'b')
    survived(t, 'serve killed in a drain of 20 s, streams and a request in flight', `it was answered; ${await unharmed(load, 'a > b')}`, tookMs)
    await remove(target)
  })
})

async function timeOfSwitch(target, letter) {
  const began = performance.now()
  const id = await switchTo(target, letter)
  await client.until(id, 'live')
  const tookMs = performance.now() - began
  await agrees(client, id, letter)
  return tookMs
}

function slowDockerfile() {
  const layers = Array.from({ length: LAYERS }, (_, number) => `COPY version /layer/${number}`)
  return ['FROM scratch', 'COPY version /', ...layers, 'COPY hello /', 'ENV HELLO_QUIET=1', 'USER 65532:65532', 'ENTRYPOINT ["/hello"]', ''].join('\n')
}

describe('kill -9 of the data plane', { skip, concurrency: 1 }, () => {
  let target
  before(async () => (target = await app(null, 'plane', image(images.a))))
  after(() => remove(target))

  /** Milliseconds from the kill to the first answer, and then to the first update that is served. */
  async function afterKill(letter, prepare = async () => {}) {
    const pid = await sealdock.proxyPid()
    process.kill(pid, 'SIGKILL')
    await prepare()
    const backMs = await served(sealdock, target.host, letter)
    assert.notEqual(await sealdock.proxyPid(), pid)
    return backMs
  }

  it('Q-23 serves again from its snapshot in a second, and takes updates', async (t) => {
    const takes = []
    for (let round = 0; round < 5; round++) takes.push(await afterKill('a'))
    // The promise is a second; a loaded machine may need longer to start a process.
    assert.ok(Math.min(...takes) < 1_000, `${takes}`)
    assert.ok(Math.max(...takes) < 5_000, `${takes}`)
    const id = await switchTo(target, 'b')
    await client.until(id, 'live')
    await agrees(client, id, 'b')
    survived(t, 'proxy killed, five times', `serves from its snapshot: ${takes.map(Math.round).join(', ')} ms`, Math.max(...takes))
  })

  it('Q-23 with its snapshot cut short: what served goes on being served', async (t) => {
    const backMs = await afterKill('b', () => truncate(inData(sealdock, 'routes.json'), 20))
    survived(t, 'proxy killed, its snapshot cut to 20 bytes', 'serves', backMs)
  })

  it('Q-23 with all its snapshots gone: serve tells it again', async (t) => {
    const gone = () => Promise.all(['routes.json', 'routes.json.prev'].map((name) => rm(inData(sealdock, name), { force: true })))
    const backMs = await afterKill('b', gone)
    survived(t, 'proxy killed, its snapshots deleted', 'serve published everything again', backMs)
  })

  it('Q-20 both killed at once: serve started again finds and starts all', async (t) => {
    const pid = await sealdock.proxyPid()
    await sealdock.kill()
    process.kill(pid, 'SIGKILL')
    await assert.rejects(ask(sealdock, target.host), /ECONN/)
    const began = performance.now()
    await sealdock.serve()
    await served(sealdock, target.host, 'b')
    const tookMs = performance.now() - began
    await agrees(client, target.deployments.at(-1), 'b')
    survived(t, 'serve and proxy killed at once', 'one start of serve brings all back', tookMs)
  })
})

describe('a container behind our back', { skip, concurrency: 1 }, () => {
  let target, id, container
  before(async () => {
    target = await app(null, 'touched', image(images.a))
    id = target.deployments[0]
    container = containerName(id)
  })
  after(() => remove(target))

  const faults = {
    'removed (docker rm -f)': () => docker('rm', '--force', container),
    'restarted (docker restart)': () => docker('restart', '--time', '1', container),
    'killed (docker kill)': () => docker('kill', container),
    'stopped (docker stop)': () => docker('stop', '--time', '1', container),
  }
  for (const [fault, inflict] of Object.entries(faults)) {
    it(`Q-22 ${fault}: the route is right again, and the status never lies`, async (t) => {
      const honest = watchHonesty(client, target)
      await inflict()
      const tookMs = await served(sealdock, target.host, 'a')
      await agrees(client, id, 'a')
      assert.ok(tookMs < 15_000, `${tookMs} ms`)
      const lieMs = await honest.stop()
      assert.ok(lieMs < LONGEST_LIE_MS, `for ${lieMs} ms the status said that it serves, and it did not`)
      survived(t, `container ${fault}`, `the same version serves; the status lagged ${Math.round(lieMs)} ms`, tookMs)
    })
  }

  it('Q-22 the app ends by itself: it is started again', async (t) => {
    const honest = watchHonesty(client, target)
    await ask(sealdock, target.host, '/crash').catch(() => {})
    const tookMs = await served(sealdock, target.host, 'a')
    await agrees(client, id, 'a')
    const lieMs = await honest.stop()
    assert.ok(lieMs < LONGEST_LIE_MS, `for ${lieMs} ms the status said that it serves, and it did not`)
    survived(t, 'the app exits with 3', `the same version serves; the status lagged ${Math.round(lieMs)} ms`, tookMs)
  })
})
