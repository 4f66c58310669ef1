// What takes space goes when there is too little, and what somebody needs never does.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { containers as containersOf } from './faults/world.js'
import { Client, git, imagesOf, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 3\ndrain_s: 0\n'
const QUIET = { HELLO_QUIET: '1' }
const TAGS = ['v1', 'v2', 'v3', 'v4', 'v5']
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('disk space', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, environment
  const made = {}

  before(async () => {
    const good = TAGS.map((tag) => ({ tag, env: QUIET, config: CONFIG }))
    const bad = { tag: 'v6', env: { ...QUIET, HELLO_UNHEALTHY: '1' }, config: CONFIG }
    repository = await Repository.make(...good, bad)
    sealdock = await Sealdock.start({ args: ['--disk-budget-gib', '0'] })
    client = await Client.owner(sealdock)
    const first = await client.live('web', git(repository, 'v1'))
    ;({ environment } = first.summary)
    made.v1 = first.summary.id
    installation = await client.installation(made.v1)
    for (const tag of TAGS.slice(1)) made[tag] = (await client.updated(environment, { source: git(repository, tag) })).summary.id
    made.v6 = (await client.update(environment, { source: git(repository, 'v6') })).summary.id
    await client.until(made.v6, 'failed').catch(() => {})
    await client.until(made.v4, 'stopped')
    await eventually('the failed one is gone', async () => (await containersOf(environment)).length === 1)
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  it('P-19 the page names every version, its size, and why it is still there', async () => {
    const { items, used_bytes: used } = await client.get('/v2/disk')
    const why = Object.fromEntries(items.map((item) => [item.deployment, item.why]))
    assert.deepEqual(Object.entries(made).map(([tag, id]) => [tag, why[id]]), [
      ['v1', 'budget'], ['v2', 'rollback'], ['v3', 'rollback'], ['v4', 'rollback'], ['v5', 'in_use'], ['v6', 'never_served'],
    ])
    assert.ok(items.every(({ size_bytes: bytes }) => bytes > 0) && used > 0)
  })

  it('P-19 over the budget, the oldest goes, and what never served; the rest stays and serves', async () => {
    await sealdock.terminate()
    await sealdock.serve()
    await eventually('they are collected', async () => (await client.get('/v2/disk')).items.length === 4)
    assert.deepEqual(await imagesOf([made.v1, made.v6]), [])
    assert.equal((await imagesOf([made.v2, made.v3, made.v4, made.v5])).length, 4)
    await served(sealdock, 'web.localhost', 'v5')
  })

  it('P-13 what was collected says so, and what was kept is rolled back to', async () => {
    const path = `/v2/environments/${environment}/update/plan`
    const no = await client.refused('POST', path, { reuse: { deployment: made.v1 } })
    assert.match(no.message, /#1 can't be rolled back to: what it made was removed to free disk space/)
    await client.updated(environment, { reuse: { deployment: made.v2 } })
    await served(sealdock, 'web.localhost', 'v2')
  })
})
