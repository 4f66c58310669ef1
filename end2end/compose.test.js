// A compose.yaml becomes projects (P-20): one of its services is built from a repository, the other
// is an image that is here; both are served, and what has no place is listed with its line.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { nothingRemains } from './faults/world.js'
import { Client, served } from './lib/client.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { freshDirectory } from './lib/places.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const IMAGE = 'sealdock-e2e-compose:1'
const COMPOSE = `name: shop
x-quiet: &quiet
  HELLO_QUIET: "1"
services:
  web:
    build: .
    ports: ["8080:8080"]
    environment:
      <<: *quiet
      MODE: \${MODE:-slow}
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/health"]
    restart: always
    depends_on: [api]
  api:
    image: ${IMAGE}
    pull_policy: never
    expose: ["8080"]
    environment: *quiet
    healthcheck:
      test: curl -f http://localhost:8080/health || exit 1
    volumes: ["data:/data"]
volumes: { data: {} }
`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('a compose.yaml', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, folder
  const made = []

  before(async () => {
    folder = await freshDirectory('compose')
    repository = await Repository.make({ tag: 'v1', config: 'drain_s: 0\n' })
    await buildImage(IMAGE, { version: 'from-the-image' })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await repository?.remove()
    await removeImage(IMAGE)
    await rm(folder, { recursive: true, force: true })
  })

  const asked = (more = {}) => ({ file: COMPOSE, url: repository.url, revision: { kind: 'tag', name: 'v1' }, ...more })

  it('P-20 the plan names the projects, their configuration, and every key without a place', async () => {
    const plan = await client.post('/v2/compose/plan', asked({ values: { MODE: 'fast' } }))
    assert.deepEqual(plan.projects.map(({ name, hosts }) => [name, hosts[0]]), [
      ['shop-web', 'shop-web.localhost'], ['shop-api', 'shop-api.localhost'],
    ])
    assert.match(plan.projects[0].config, /MODE: fast/)
    assert.match(plan.projects[0].config, /path: \/health/)
    const lines = COMPOSE.split('\n')
    assert.deepEqual(plan.left_out.map(({ path }) => path), [
      'services.web.ports[0]', 'services.web.restart', 'services.web.depends_on', 'services.api.volumes', 'volumes',
    ])
    for (const { line, path } of plan.left_out) assert.ok(lines[line - 1].includes(path.split('.').at(-1).replace(/\[.*/, '')), path)
    assert.deepEqual((await client.get('/v2/projects')).items, [], 'a plan makes nothing')
  })

  it('P-20 what would take the machine is refused with its line, and nothing is made', async () => {
    const file = COMPOSE.replace('data:/data', '/var/run/docker.sock:/s')
    const { status, problem } = await client.refused('POST', '/v2/compose/plan', asked({ file }))
    assert.equal(status, 422)
    assert.match(problem.detail, /docker\.sock/)
    assert.match(problem.place, /^compose\.yaml, line 22, /)
    const none = await client.refused('POST', '/v2/compose/plan', asked({ url: undefined }))
    assert.deepEqual([none.status, none.problem.place], [422, 'url'])
  })

  it('P-20 a confirmation of another plan does nothing, and a taken name takes all of it', async () => {
    const { digest } = await client.post('/v2/compose/plan', asked())
    const other = await client.refused('POST', '/v2/compose', { import: asked({ values: { MODE: 'fast' } }), digest })
    assert.equal(other.problem.code, 'plan_changed')
    const { summary } = await client.create('shop-api', { kind: 'image', reference: IMAGE, local: true }, { health: { path: '/health' }, drain_s: 0 })
    const taken = await client.refused('POST', '/v2/compose', { import: asked(), digest })
    assert.equal(taken.problem.code, 'name_taken')
    assert.match(taken.problem.place, /services\.api/)
    assert.deepEqual((await client.get('/v2/projects')).items.map(({ name }) => name), ['shop-api'])
    await client.delete(summary.project, 'shop-api')
    await client.gone(summary.project)
  })

  it('P-20 the command line shows the plan, imports, and both services are served', async () => {
    const file = join(folder, 'compose.yaml')
    await writeFile(file, COMPOSE)
    const flags = ['compose', 'import', file, '--source', repository.url, '--tag', 'v1', '--set', 'MODE=fast']
    const dry = await client.cli(...flags, '--dry-run')
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(dry.stdout, /shop-web ← web, v1 at shop-web\.localhost/)
    assert.match(dry.stdout, /line 13, column 5: services\.web\.restart/)
    const done = await client.cli(...flags, '--yes')
    assert.equal(done.code, 0, done.stderr)
    const { items } = await client.get('/v2/deployments')
    assert.deepEqual(items.map(({ project_name }) => project_name).sort(), ['shop-api', 'shop-web'])
    for (const { id } of items) {
      const view = await client.until(id, 'live')
      made.push(view)
    }
    installation = await client.installation(items[0].id)
    await served(sealdock, 'shop-web.localhost', 'v1')
    await served(sealdock, 'shop-api.localhost', 'from-the-image')
    const web = made.find(({ summary }) => summary.project_name === 'shop-web')
    assert.deepEqual([web.config.env.MODE, web.config.env.HELLO_QUIET, web.config.drain_s], ['fast', '1', 0])
  })

  it('P-20 they are projects like any other: deleted one by one, and nothing remains', async () => {
    for (const { summary } of made) {
      await client.delete(summary.project, summary.project_name)
      await client.gone(summary.project)
      await nothingRemains(sealdock, { environment: summary.environment, deployments: [summary.id] })
    }
  })
})
