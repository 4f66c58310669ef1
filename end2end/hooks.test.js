// P-17 from outside: a push to a real repository, a signed delivery as GitHub sends it, and the new
// version in the body that the app serves.

import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Client, git, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 0\n'
const POLL_S = '1'
const DUPLICATES = 10_000
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('a push becomes what is served', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, host, project, environment, hook

  before(async () => {
    repository = await Repository.make({ tag: 'v1', config: CONFIG })
    sealdock = await Sealdock.start({ env: { SEALDOCK_GIT_POLL_S: POLL_S } })
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'))
    ;({ project, environment } = view.summary)
    host = new URL(view.urls[0]).hostname
    installation = await client.installation(view.summary.id)
    hook = await client.post(`/v2/projects/${project}/git/hook`)
    await track({ branch: 'main' })
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const track = (body) => client.post(`/v2/environments/${environment}/tracking`, body)
  const deployments = async () => (await client.get(`/v2/deployments?project=${project}`)).items
  const deliveries = async () => (await client.get(`/v2/projects/${project}/git/deliveries`)).items

  /** A push event as GitHub sends it. */
  function deliver(commit, { id = randomUUID(), secret = hook.secret, branch = 'main' } = {}) {
    const { path } = hook.hook.paths.find(({ provider }) => provider === 'github')
    const body = JSON.stringify({
      ref: `refs/heads/${branch}`, before: '0'.repeat(40), after: commit, created: false, deleted: false, forced: false,
      repository: { id: 1, name: 'web', full_name: 'acme/web', pushed_at: Math.floor(Date.now() / 1000) },
      head_commit: { id: commit, message: 'Release\n\nWith a body.', author: { name: 'Ada', email: 'ada@example.invalid' } },
    })
    return fetch(`${sealdock.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': id,
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    })
  }

  /** The delivery that was answered so, once it was handled. */
  async function handled(answer) {
    const { delivery } = await answer.json()
    return eventually(`${delivery} is handled`, async () =>
      (await deliveries()).find(({ id, waiting }) => id === delivery && !waiting))
  }

  it('P-17 a signed delivery is answered 202, and the pushed version is served', async () => {
    const commit = await repository.release({ tag: 'v2', config: CONFIG })
    const answer = await deliver(commit, { id: 'the-first' })
    assert.equal(answer.status, 202)
    const { effect, deployments: made } = await handled(answer)
    assert.equal(effect, 'Deployed as #2.')
    await client.until(made[0].id, 'live')
    await served(sealdock, host, 'v2')
    const { summary } = await client.deployment(made[0].id)
    assert.equal(summary.trigger, 'push')
    assert.equal(summary.created_by, null)
    assert.equal(summary.source.commit.sha, commit)
  })

  it('P-17 Q-24 ten thousand duplicates, fifty at once, are answered 202 and do nothing', async () => {
    const commit = await repository.git('rev-parse', 'HEAD')
    let left = DUPLICATES
    const sender = async () => {
      while (left-- > 0) {
        const answer = await deliver(commit, { id: 'the-first' })
        assert.equal(answer.status, 202)
        assert.match((await answer.json()).effect, /^Ignored: a duplicate of the delivery of /)
      }
    }
    await Promise.all(Array.from({ length: 50 }, sender))
    assert.equal((await deployments()).length, 2)
    assert.equal((await deliveries())[0].repeats, DUPLICATES)
  })

  it('P-17 a forged delivery is answered 401 and is not kept', async () => {
    const commit = await repository.release({ tag: 'v3', config: CONFIG })
    const answer = await deliver(commit, { secret: 'guessed' })
    assert.equal(answer.status, 401)
    assert.equal((await answer.json()).code, 'wrong_signature')
    assert.equal((await deliveries()).length, 1)
    await served(sealdock, host, 'v2')
  })

  it('P-17 a push to another branch is listed with the reason', async () => {
    const answer = await deliver(await repository.git('rev-parse', 'HEAD'), { branch: 'next' })
    assert.equal((await handled(answer)).effect, 'Ignored: branch `next` is not tracked.')
    assert.equal((await deployments()).length, 2)
  })

  it('P-17 what was kept before a kill -9 is handled after the restart', async () => {
    const answer = await deliver(await repository.git('rev-parse', 'HEAD'))
    assert.equal(answer.status, 202)
    await sealdock.kill()
    await sealdock.serve()
    await served(sealdock, host, 'v3')
    assert.equal((await handled(answer)).effect, 'Deployed as #3.')
    assert.equal((await deployments()).length, 3)
  })

  it('P-17 a late delivery of an old commit brings nothing back', async () => {
    const answer = await deliver(await repository.git('rev-parse', 'v2^{commit}'))
    assert.match((await handled(answer)).effect, /^Ignored: `\w{7}` is already live as #3\.$/)
    await served(sealdock, host, 'v3')
  })

  it('P-17 the poll deploys what no delivery told of', async () => {
    await track({ branch: 'main', poll: true })
    await repository.release({ tag: 'v4', config: CONFIG })
    await served(sealdock, host, 'v4')
    const [newest] = await deliveries()
    assert.deepEqual([newest.provider, newest.effect], ['poll', 'Deployed as #4.'])
  })

  it('P-17 the command line shows the list and makes a new secret', async () => {
    const listed = await client.cli('hook', 'deliveries', 'web')
    assert.equal(listed.code, 0, listed.stderr)
    assert.match(listed.stdout, /poll .*main@\w{7} .*Deployed as #4\./)
    const rotated = await client.cli('hook', 'rotate', 'web')
    assert.match(rotated.stdout, /^sdh_\w{43}\n$/)
    const answer = await deliver(await repository.git('rev-parse', 'HEAD'))
    assert.equal(answer.status, 401)
  })
})
