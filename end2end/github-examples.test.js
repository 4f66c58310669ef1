// P-17 with GitHub's own words: every payload of `@octokit/webhooks-examples`, signed, is answered and
// listed with what came of it, and none of them deploys anything, since they are of other repositories.

import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { Client, git, served } from './lib/client.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const skip = (await engineVersion()) ? false : 'no Docker Engine answers'
const EXAMPLES = createRequire(import.meta.url).resolve('@octokit/webhooks-examples')
/** @type {{name: string, examples: object[]}[]} */
const events = JSON.parse(await readFile(EXAMPLES, 'utf8'))

/** Where it is more than that nobody asked for such an event. */
const EFFECTS = {
  ping: /^Answered: the address and the secret are right\.$/,
  push: /^Ignored: (branch `\w+` is not tracked|`[\w-]+` is a tag, and branches are tracked)\.$/,
  pull_request: /^Ignored: (`\w+` changes no preview|pull requests get no previews here)\.$/,
}

describe("GitHub's own examples", { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, live, project, hook

  before(async () => {
    repository = await Repository.make({ tag: 'v1', config: 'health:\n  path: /health\ndrain_s: 0\n' })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    live = await client.live('web', git(repository, 'v1'))
    installation = await client.installation(live.summary.id)
    project = live.summary.project
    hook = await client.post(`/v2/projects/${project}/git/hook`)
    await client.post(`/v2/environments/${live.summary.environment}/tracking`, { branch: 'main' })
  })
  after(async () => {
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const deliver = (event, payload) => {
    const { path } = hook.hook.paths.find(({ provider }) => provider === 'github')
    const body = JSON.stringify(payload)
    const headers = {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
    }
    return fetch(sealdock.url + path, { method: 'POST', headers, body })
  }
  const settled = () => eventually('nothing waits', async () => {
    const { items } = await client.get(`/v2/projects/${project}/git/deliveries`)
    return items.every(({ waiting }) => !waiting) && items
  })

  for (const { name, examples } of events) {
    it(`P-17 ${name}: ${examples.length} of them are answered, and listed with their effect`, async () => {
      for (const payload of examples) {
        const answer = await deliver(name, payload)
        assert.equal(answer.status, 202, await answer.clone().text())
        const { delivery } = await answer.json()
        const { effect } = (await settled()).find(({ id }) => id === delivery)
        assert.match(effect, EFFECTS[name] ?? /^Ignored: /, JSON.stringify(payload).slice(0, 300))
      }
    })
  }

  it('P-17 nothing was deployed by them, and what serves is the same', async () => {
    const { items } = await client.get(`/v2/deployments?project=${project}`)
    assert.deepEqual(items.map(({ id }) => id), [live.summary.id])
    await served(sealdock, new URL(live.urls[0]).hostname, 'v1')
  })
})
