// Held at ready: shown to its reviewers at an address of its own, without traffic, until it is promoted or cancelled.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lookedBy } from './lib/browser.js'
import { ask, Client, containerName, git, hostOf, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { freePort } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 1\n'
const QUIET = { HELLO_QUIET: '1' }
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('held at ready', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, production, held, url

  before(async () => {
    repository = await Repository.make(...['v1', 'v2', 'v3'].map((tag) => ({ tag, env: QUIET, config: CONFIG })))
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'))
    production = view.summary.environment
    installation = await client.installation(view.summary.id)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const hold = async (tag, environment = production) => {
    const update = { source: git(repository, tag) }
    const { digest, typed } = await client.post(`/v2/environments/${environment}/update/plan`, update)
    return client.post(`/v2/environments/${environment}/update`, { update, digest, typed, hold: true })
  }
  const isHeld = (id) => eventually(`${id} is held`, async () => {
    const view = await client.deployment(id)
    return view.summary.held && view
  })
  const shown = async (of, tag) => served(sealdock, of, tag)
  const noMore = (of) => eventually('its address is gone', async () => (await ask(sealdock, of)).status === 404)
  const containers = async (id) => (await lines('docker', ['ps', '--all', '--format', '{{.Names}}'])).filter((name) => name === containerName(id)).length

  it('I-8 the new version is served at its review address, and production serves the old one', async () => {
    const { summary } = await hold('v2')
    held = await isHeld(summary.id)
    url = held.review_url
    assert.match(hostOf(url), /^[0-9a-f]{20}-production-web\.localhost$/)
    assert.equal(held.summary.phase, 'ready')
    await shown(url, 'v2')
    await served(sealdock, 'web.localhost', 'v1')
    const overview = await client.get('/v2/overview')
    const [needs] = overview.needs_me.filter(({ href }) => href === `/deployments/${summary.id}`)
    assert.match(needs.sentence, /#2 \(v2\) is held at ready/)
    const { code, stdout } = await client.cli('hold', 'show', 'web')
    assert.deepEqual([code, stdout.trim()], [0, url])
    assert.deepEqual(await lookedBy(client, 'held', `/deployments/${summary.id}`), [])
  })

  it('I-8 it is held over a kill -9, and stays shown meanwhile', async () => {
    await sealdock.kill()
    await shown(url, 'v2')
    await sealdock.serve()
    await shown(url, 'v2')
    const view = await isHeld(held.summary.id)
    assert.equal(view.review_url, url)
    await served(sealdock, 'web.localhost', 'v1')
  })

  it('I-8 cancelled, its address and its containers go; nothing else was touched', async () => {
    const view = await client.post(`/v2/deployments/${held.summary.id}/cancel`)
    assert.equal(view.summary.phase, 'cancelled')
    await noMore(url)
    await eventually('its container is gone', async () => (await containers(held.summary.id)) === 0)
    await served(sealdock, 'web.localhost', 'v1')
    const { problem } = await client.refused('POST', `/v2/deployments/${held.summary.id}/promote`)
    assert.match(problem.detail, /#2 can't be promoted: it has ended/)
  })

  it('I-8 a newer update overtakes what is held, and says so', async () => {
    const first = await isHeld((await hold('v2')).summary.id)
    const plan = await client.post(`/v2/environments/${production}/update/plan`, { source: git(repository, 'v3') })
    assert.ok(plan.stops.some((line) => line === `#${first.summary.number}, which is held at ready, is cancelled`), plan.stops.join('; '))
    const second = await isHeld((await hold('v3')).summary.id)
    const gone = await client.deployment(first.summary.id)
    assert.equal(gone.summary.phase, 'cancelled')
    assert.match(gone.summary.sentence, new RegExp(`Superseded by #${second.summary.number} while it was held`))
    await noMore(first.review_url)
    await shown(second.review_url, 'v3')
    held = second
  })

  it('I-8 promoted by the command line it serves, without a failed request, and its address goes', async () => {
    const load = await startLoad({ port: sealdock.proxyPort, host: 'web.localhost' })
    const { code, stdout, stderr } = await client.cli('hold', 'promote', 'web', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await served(sealdock, 'web.localhost', 'v3')
    await noMore(held.review_url)
    const { failures } = await load.stop()
    assert.deepEqual(failures, [])
    const { items } = await client.get('/v2/events')
    assert.ok(items.some(({ sentence }) => /promoted #\d+, which was held at ready/.test(sentence)))
    const again = await client.refused('POST', `/v2/deployments/${held.summary.id}/promote`)
    assert.match(again.problem.detail, /it is live already/)
  })

  it('I-8 `--hold` on the command line ends at ready with the address', async () => {
    const { code, stdout, stderr } = await client.cli('update', 'web', '--tag', 'v1', '--hold', '--yes', '--wait')
    assert.equal(code, 0, stdout + stderr)
    await shown(stdout.trim(), 'v1')
    await served(sealdock, 'web.localhost', 'v3')
    const cancelled = await client.cli('hold', 'cancel', 'web')
    assert.equal(cancelled.code, 0, cancelled.stderr)
    await noMore(stdout.trim())
  })

  it('I-8 deleting the project takes what is held along', async () => {
    const view = await isHeld((await hold('v2')).summary.id)
    await client.delete(view.summary.project, 'web')
    await client.gone(view.summary.project)
    assert.equal((await ask(sealdock, view.review_url)).status, 404)
    assert.equal(await containers(view.summary.id), 0)
  })
})

describe('a replacement', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation

  before(async () => {
    const alone = `${CONFIG}exclusive: ['port:${await freePort()}']\n`
    repository = await Repository.make(
      { tag: 'v1', env: QUIET, config: alone },
      { tag: 'v2', env: QUIET, config: alone },
      { tag: 'bad', env: { ...QUIET, HELLO_UNHEALTHY: '1' }, config: alone.replace('timeout_s: 8', 'timeout_s: 2') },
    )
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  it('I-8, I-9 is not held; it stops the old one, then starts the new one; a failed one leaves nothing started', async () => {
    const first = await client.live('web', git(repository, 'v1'))
    installation = await client.installation(first.summary.id)
    const { environment } = first.summary
    const update = { source: git(repository, 'v2') }
    const plan = await client.post(`/v2/environments/${environment}/update/plan`, update)
    assert.equal(plan.strategy, 'replace')
    assert.match(plan.hold, /can't be held at ready: the old version has to stop/)
    const no = await client.refused('POST', `/v2/environments/${environment}/update`, { update, digest: plan.digest, typed: 'yes', hold: true })
    assert.equal(no.problem.code, 'not_held')
    await served(sealdock, 'web.localhost', 'v1')

    const second = await client.updated(environment, update, 'yes')
    await served(sealdock, 'web.localhost', 'v2')
    const before = await client.until(first.summary.id, 'stopped')
    const at = ({ timeline }, phase) => timeline.find((stage) => stage.phase === phase).entered_at
    assert.ok(at(before, 'stopped') <= at(second, 'ready'), 'the old one had stopped when the new one was ready')
    assert.ok(at(before, 'draining') < at(second, 'ready'))

    const { summary } = await client.update(environment, { source: git(repository, 'bad') }, 'yes')
    const failed = await client.until(summary.id, 'failed')
    assert.match(failed.summary.sentence, /did not become healthy within 2 s/)
    const after = await client.environment(environment)
    assert.deepEqual([after.status, after.active], ['Failed', null])
    assert.equal((await ask(sealdock, 'web.localhost')).status, 404)
    await client.until(second.summary.id, 'stopped')
    const again = await client.updated(environment, { reuse: { deployment: second.summary.id } })
    assert.equal(again.summary.trigger, 'rollback')
    await served(sealdock, 'web.localhost', 'v2')
  })
})
