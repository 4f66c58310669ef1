// The main job over the API, as a script of a team would do it: from a Git repository to nothing,
// with 64 clients who never notice.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { containers, leftOfAll, nothingRemains } from './faults/world.js'
import { ask, Client, containerName, git, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 8\n'
const QUIET = { HELLO_QUIET: '1' }
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('deploy, update, refuse, configure, pause, delete', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, host, project, environment
  const deployments = []

  before(async () => {
    repository = await Repository.make(
      { tag: 'v1', env: QUIET, config: CONFIG },
      { tag: 'v2', env: QUIET, config: CONFIG },
      { tag: 'v3', env: { ...QUIET, HELLO_UNHEALTHY: '1' }, config: CONFIG },
      { tag: 'v4', env: { ...QUIET, HELLO_EXIT_AT_START: '7' }, config: CONFIG },
    )
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const toTag = (tag) => client.update(environment, { source: git(repository, tag) })

  /** Mixed load during `work`, and a moment after it. */
  async function underLoad(work) {
    const load = await startLoad({ port: sealdock.proxyPort, host })
    const result = await work()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const summary = await load.stop()
    assert.deepEqual(summary.failures, [])
    return { result, sequences: summary.sequences, answered: summary.answered }
  }

  it('P-1 P-3 P-4 P-21 M-1 a repository with a Dockerfile is cloned, built and served, and every line is in its log', async () => {
    const { summary } = await client.create('web', git(repository, 'v1'))
    const view = await client.until(summary.id, 'live')
    ;({ project, environment } = view.summary)
    deployments.push(summary.id)
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(summary.id)
    await served(sealdock, host, 'v1')
    const { source, environment_name: place, trigger } = view.summary
    assert.deepEqual([source.kind, source.commit.sha.length, place, trigger], ['git', 40, 'production', 'create'])
    assert.deepEqual(view.jobs.map(({ kind }) => kind).slice(0, 4), ['DownloadRepoJob', 'BuildImageJob', 'DeployImageJob', 'MarkDeploymentCompleteJob'])
    for (const { kind, status, started_at: from, ended_at: to, stream } of view.jobs.slice(0, 4)) {
      assert.ok(status === 'Success' && from <= to && stream, `${kind} is ${status}, from ${from} to ${to}`)
    }
    assert.deepEqual(view.timeline.map(({ phase }) => phase), ['queued', 'building', 'starting', 'ready', 'live'])
    const entered = view.timeline.slice(1).map(({ entered_at: at }) => at)
    assert.deepEqual(view.timeline.slice(0, -1).map(({ left_at: at }) => at), entered)
    const build = view.jobs.find(({ kind }) => kind === 'BuildImageJob')
    assert.match(await client.log(build.stream), /COPY hello version \//)
    assert.match(await client.log(view.instances[0].stream), /listening on port 8080/)
  })

  it('I-6 P-9 M-2 a new tag takes over under load: no request fails, and every client sees v1, then v2, once', async (t) => {
    const { sequences, answered } = await underLoad(async () => {
      const { summary } = await toTag('v2')
      deployments.push(summary.id)
      await client.until(summary.id, 'live')
      await client.until(deployments[0], 'stopped')
    })
    t.diagnostic(JSON.stringify({ answered, sequences }))
    assert.deepEqual(Object.keys(sequences), ['v1 > v2'])
    for (const kind of ['keepAlive', 'fresh', 'post', 'sse', 'websocket']) assert.ok(answered[kind] > 0, kind)
  })

  it('P-8 I-6 M-3 a version that never becomes healthy is refused, with the reason, while v2 serves', async () => {
    const { result, sequences } = await underLoad(async () => failed((await toTag('v3')).summary.id))
    assert.match(result.summary.sentence, /503/)
    assert.match(result.summary.sentence, /\/health/)
    assert.deepEqual(Object.keys(sequences), ['v2'])
    assert.deepEqual(await containers(environment), [containerName(deployments[1])])
  })

  it('P-8 I-6 M-3 a version that ends at its start is refused, with its exit code and last lines, while v2 serves', async () => {
    const { result, sequences } = await underLoad(async () => failed((await toTag('v4')).summary.id))
    assert.match(result.summary.sentence, /exited with code 7 .*last lines: .*exiting with 7/)
    assert.deepEqual(Object.keys(sequences), ['v2'])
    assert.deepEqual(await containers(environment), [containerName(deployments[1])])
  })

  async function failed(id) {
    deployments.push(id)
    return client.until(id, 'failed')
  }

  it('I-4 P-7 M-4 configuration is changed without a build: an environment variable and two replicas', async () => {
    const config = { env: { HELLO_MESSAGE: 'from the form' }, replicas: 2 }
    const plan = await client.post(`/v2/environments/${environment}/update/plan`, { config })
    assert.equal(plan.downtime, false)
    const { sequences } = await underLoad(async () => {
      const view = await client.updated(environment, { config })
      deployments.push(view.summary.id)
      await client.until(deployments[1], 'stopped')
    })
    assert.deepEqual(Object.keys(sequences), ['v2'])
    const id = deployments.at(-1)
    assert.equal((await ask(sealdock, host, '/env?name=HELLO_MESSAGE')).body, 'from the form')
    const answering = new Set()
    for (let asked = 0; asked < 20; asked++) answering.add((await ask(sealdock, host, '/instance')).body)
    assert.equal(answering.size, 2)
    assert.deepEqual(await containers(environment), [containerName(id, 0), containerName(id, 1)])
  })

  it('P-10 M-5 paused, it answers 503 on purpose; resumed, it serves the same version', async () => {
    const id = deployments.at(-1)
    const paused = await client.cli('pause', 'web')
    assert.equal(paused.code, 0, paused.stderr)
    assert.match(paused.stdout, /^#\d+: .*[Pp]aused/)
    await client.until(id, 'paused')
    const answer = await eventually('the route answers 503', async () => {
      const answer = await ask(sealdock, host)
      return answer.status === 503 && answer
    })
    assert.match(answer.body, /paused/i)
    const resumed = await client.cli('resume', 'web')
    assert.equal(resumed.code, 0, resumed.stderr)
    await client.until(id, 'live')
    await served(sealdock, host, 'v2')
    const again = await client.cli('resume', 'web')
    assert.deepEqual([again.code, /paused/.test(again.stderr)], [3, true], again.stderr)
  })

  it('I-12 M-6 a delete leaves no container, network, image, directory or route', async () => {
    const refused = await client.refused('DELETE', `/v2/projects/${project}?confirm=wep`)
    assert.equal(refused.status, 422)
    await served(sealdock, host, 'v2')
    await client.delete(project, 'web')
    await client.gone(project)
    await nothingRemains(sealdock, { environment, deployments })
    assert.deepEqual(await leftOfAll(sealdock, installation), [])
    assert.equal((await ask(sealdock, host)).status, 404)
  })
})
