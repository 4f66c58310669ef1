// Deleting one environment: everything of it goes, its neighbour serves on, and the last one stays.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Client, ask, git, served } from './lib/client.js'
import { engineVersion, labelled, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 0\n'
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('an environment goes alone', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, production, staging, project

  before(async () => {
    repository = await Repository.make({ tag: 'v1', config: CONFIG })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'))
    ;({ project, environment: production } = view.summary)
    installation = await client.installation(view.summary.id)
    staging = (await client.post(`/v2/projects/${project}/environments`, { name: 'staging' })).id
    await client.updated(staging, { source: git(repository, 'v1') })
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const host = async (id) => new URL((await client.environment(id)).urls[0]).hostname
  const containers = async () => (await labelled(installation)).filter((line) => line.startsWith('container')).length

  it('shows what would go, and takes no other name', async () => {
    const plan = await client.get(`/v2/environments/${staging}/delete-plan`)
    assert.equal(plan.name, 'staging')
    assert.ok(plan.lines.includes('1 container, stopped and removed'), plan.lines.join('; '))
    const { problem } = await client.refused('DELETE', `/v2/environments/${staging}?confirm=production`)
    assert.match(problem.detail, /not `staging`/)
  })

  it('takes along what is its own, and its neighbour serves on', async () => {
    const [mine, neighbour] = [await host(staging), await host(production)]
    assert.equal(await containers(), 2)
    const said = await client.cli('environment', 'delete', 'web', 'staging', '--confirm', 'staging')
    assert.equal(said.code, 0, said.stderr)
    await eventually('it is gone', () => client.environment(staging).then(() => false, (error) => error.status === 404))
    assert.equal(await containers(), 1)
    assert.equal((await ask(sealdock, mine)).status, 404)
    await served(sealdock, neighbour, 'v1')
    assert.equal((await client.get(`/v2/projects/${project}`)).environments.length, 1)
  })

  it('is refused for the last one', async () => {
    const { problem } = await client.refused('DELETE', `/v2/environments/${production}?confirm=production`)
    assert.equal(problem.code, 'last_environment')
    await served(sealdock, await host(production), 'v1')
  })
})
