// P-18: who builds when. One at a time per environment, the newest wins, nobody starves, and what
// needs no build waits for none.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, afterEach, before, describe, it } from 'node:test'
import { Client, git, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { EngineGate } from './lib/engine-gate.js'
import { eventually } from './lib/eventually.js'
import { hog } from './lib/hello.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'build:\n  timeout_s: 120\nhealth:\n  path: /health\n'
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('the queue', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, app, gate

  before(async () => {
    repository = await Repository.make(...['v1', 'v2', 'v3', 'v4'].map((tag) => ({ tag, config: CONFIG, env: { HELLO_QUIET: '1' } })))
    gate = await EngineGate.open()
    sealdock = await Sealdock.start({ env: { DOCKER_HOST: gate.host } })
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'))
    app = view.summary
    installation = await client.installation(app.id)
    await client.updated(app.environment, { source: git(repository, 'v2') })
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    await gate?.remove()
    if (installation) await sweep(installation)
  })

  /** A release that builds for minutes. */
  async function slow(tag) {
    const exec = JSON.stringify(['/hog', 'sleep', '300', `${tag}-${process.pid}-${Date.now()}`])
    const Dockerfile = `FROM scratch\nCOPY --chmod=755 hog /\nCOPY hello version /\nRUN ${exec}\nENTRYPOINT ["/hello"]\n`
    await repository.release({ tag, config: CONFIG, files: { hog: await readFile(await hog()), Dockerfile } })
    return git(repository, tag)
  }
  const asleep = async () => (await lines('ps', ['-eo', 'args'])).filter((line) => line.startsWith('/hog sleep')).length
  const builds = (count) => eventually(`${count} builds run`, async () => (await asleep()) === count, { timeoutMs: 30_000 })
  const begun = []
  const begin = async (promise) => {
    const { summary } = await promise
    begun.push(summary.id)
    return summary.id
  }
  afterEach(async () => {
    for (const id of begun.splice(0)) await client.post(`/v2/deployments/${id}/cancel`).catch(() => {})
    await builds(0)
  })

  it('P-13 P-18 a rollback does not wait for the builds of others', async () => {
    for (const name of ['slow-a', 'slow-b', 'slow-c']) await begin(client.create(name, await slow(name)))
    await builds(2)
    const { summary } = await client.update(app.environment, { reuse: { deployment: app.id } })
    await client.until(summary.id, 'live', { timeoutMs: 15_000 })
    await served(sealdock, 'web.localhost', 'v1')
    assert.equal(await asleep(), 2)
  })

  it('P-18 of many projects that wait, the one that builds least is next', async () => {
    const first = await begin(client.create('greedy', await slow('greedy')))
    const { project } = (await client.deployment(first)).summary
    const more = []
    for (const name of ['one', 'two']) {
      const { id } = await client.post(`/v2/projects/${project}/environments`, { name })
      more.push(await begin(client.update(id, { source: await slow(`greedy-${name}`) })))
    }
    await builds(2)
    const modest = await begin(client.create('modest', git(repository, 'v3')))
    await client.post(`/v2/deployments/${more[0]}/cancel`)
    await client.until(modest, 'live', { timeoutMs: 30_000 })
    const build = (await client.deployment(more[1])).jobs.find(({ kind }) => kind === 'BuildImageJob')
    assert.notEqual(build.status, 'Success')
  })

  it('P-18 the newest of those that wait wins; the others say by whom they were overtaken', async () => {
    const first = await begin(client.update(app.environment, { source: await slow('first') }))
    await builds(1)
    const second = (await client.update(app.environment, { source: git(repository, 'v2') })).summary
    const third = (await client.update(app.environment, { source: git(repository, 'v3') })).summary
    const overtaken = await eventually('the second is overtaken', async () => {
      const { summary } = await client.deployment(second.id)
      return summary.phase === 'cancelled' && summary
    })
    assert.match(overtaken.sentence, new RegExp(`Superseded by #${third.number} before it began`))
    assert.match((await client.deployment(third.id)).summary.sentence, /Waits for #\d+, which is building/)

    await sealdock.kill()
    await sealdock.serve()
    await builds(1)
    assert.equal((await client.deployment(third.id)).summary.phase, 'queued', 'what waited waits on')
    await client.post(`/v2/deployments/${first}/cancel`)
    await client.until(third.id, 'live')
    await served(sealdock, 'web.localhost', 'v3')
  })

  it('an Engine that restarts in the middle of a build: it says so or builds anew, and the app serves on', async () => {
    const id = await begin(client.update(app.environment, { source: await slow('cut') }))
    await builds(1)
    await gate.restart(2_000)
    const view = await eventually('it has ended, or builds again', async () => {
      const view = await client.deployment(id)
      return (view.summary.phase === 'failed' || (await asleep()) === 1) && view
    }, { timeoutMs: 30_000 })
    await served(sealdock, 'web.localhost', 'v3')
    if (view.summary.phase === 'failed') {
      assert.match(view.summary.sentence, /Docker Engine at unix:.*(does not answer|was lost)/)
      await builds(0)
    }
    await client.post(`/v2/deployments/${id}/cancel`).catch(() => {})
    await eventually('the next one can begin', async () => ['failed', 'cancelled'].includes((await client.deployment(id)).summary.phase))
    await client.updated(app.environment, { source: git(repository, 'v4') })
    await served(sealdock, 'web.localhost', 'v4')
  })
})
