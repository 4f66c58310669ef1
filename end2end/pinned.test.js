// I-2 from outside: a tag whose file names an image by its digest is that image and no build, by
// `sealdock.yml` and by Tinfoil's own file. What has no place here is named before it runs, and what
// would open something that the file closes is refused, with the version that serves untouched.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch, looked, signedIn } from './lib/browser.js'
import { Client, git, served } from './lib/client.js'
import { command } from './lib/command.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { Registry } from './lib/registry.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const PASSWORD = 'pinned-registry-pass'
const hasRegistry = await command('htpasswd', ['-Bbn', 'a', 'b']).catch(() => null)
const skip = !(await engineVersion()) ? 'no Docker Engine answers' : hasRegistry ? false : 'no docker-registry'

const tinfoil = (image, { paths = '[/*]', cpus = 2, greeting = 'pinned' } = {}) => `cvm-version: 0.7.5
cpus: ${cpus}
memory: 8192
containers:
  - name: web
    image: ${image}
    entrypoint: [/hello]
    env:
      - HELLO_MESSAGE: ${greeting}
      - DOMAIN
    ipc: host
    healthcheck:
      test: [CMD, curl, -f, "http://localhost:8001/health"]
      interval: 10s
shim:
  upstream-port: 8001
  paths: ${paths}
`

describe('a tag that names an image', { skip, concurrency: 1 }, () => {
  let sealdock, client, registry, repository, installation, browser, live, first, second

  const pushed = async (version) => {
    const local = `sealdock-e2e-pinned:${version}-${process.pid}`
    await buildImage(local, { version })
    const reference = await registry.push(local, `team/app:${version}`)
    return `${reference.replace(/:[^:/]+$/, '')}@${await registry.digest(`team/app:${version}`)}`
  }
  const wanted = (tag) => ({ source: git(repository, tag) })
  const update = async (tag) => {
    const base = `/v2/environments/${live.summary.environment}/update`
    const { digest } = await client.post(`${base}/plan`, wanted(tag))
    const { summary } = await client.post(base, { update: wanted(tag), digest })
    return client.until(summary.id, 'live')
  }

  before(async () => {
    registry = await Registry.start({ username: 'bot', password: PASSWORD })
    first = await pushed('v1')
    second = await pushed('v2')
    repository = await Repository.of({ 'tinfoil-config.yml': tinfoil(first) }, 'v1')
    await repository.commit({ 'tinfoil-config.yml': tinfoil(second, { greeting: 'anew' }) }, 'v2')
    await repository.commit({ 'tinfoil-config.yml': tinfoil(second, { paths: '[/health]' }) }, 'v3')
    await repository.commit({ 'tinfoil-config.yml': tinfoil('ghcr.io/acme/shop:v1', { cpus: 3 }) }, 'v4')
    await repository.commit({ 'sealdock.yml': `build:\n  image: ${first}\nhealth:\n  path: /health\ndrain_s: 0\n`, 'tinfoil-config.yml': '!' }, 'v5')
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    await client.post('/v2/credentials', { kind: 'registry', place: registry.host, username: 'bot', secret: PASSWORD })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await registry?.stop()
    for (const image of [first, second]) if (image) await removeImage(image)
  })

  it('I-2 its plan says which image, and names with its line what has no place here', async () => {
    const plan = await client.post('/v2/projects/plan', { name: 'web', source: git(repository, 'v1') })
    assert.deepEqual([plan.build.preset, plan.build.image, plan.trigger], ['image', first, 'create'])
    assert.deepEqual([plan.config.port, plan.config.resources, plan.config.entrypoint], [8001, { cpus_milli: 2000, memory_mib: 8192 }, ['/hello']])
    const notes = plan.notes.join('\n')
    assert.match(notes, /tinfoil-config\.yml at v1, line 1, `cvm-version`: An instance boots the guest of its own runtime/)
    assert.match(notes, /line 10, `containers\[0\]\.env\.DOMAIN`: Its value is not in the file/)
    assert.match(notes, /containers\[0\]\.ipc/)
  })

  it('I-2 it is pulled by its digest and served: no clone, no build', async () => {
    live = await client.live('web', git(repository, 'v1'))
    installation = await client.installation(live.summary.id)
    await served(sealdock, new URL(live.urls[0]).hostname, 'v1')
    assert.equal(live.artifact.pulled_as, first)
    assert.deepEqual(live.jobs.map((job) => job.kind).slice(0, 3), ['PullExternalImageJob', 'DeployImageJob', 'MarkDeploymentCompleteJob'])
    assert.ok(!live.jobs.some((job) => ['DownloadRepoJob', 'BuildImageJob'].includes(job.kind)))
  })

  it('I-5 the update page shows the next one and what changes', async () => {
    const url = `${sealdock.url}/environments/${live.summary.environment}/update?tag=v2`
    const found = await looked(await signedIn(browser, client), 'pinned', url, async (page) => {
      await page.getByText(second).first().waitFor()
      await page.getByText('containers[0].ipc').first().waitFor()
    })
    assert.deepEqual(found, [])
  })

  it('I-6 an update is the next image, by its digest', async () => {
    live = await update('v2')
    assert.equal(live.artifact.pulled_as, second)
    await served(sealdock, new URL(live.urls[0]).hostname, 'v2')
  })

  it('I-2 a file that closes paths is refused, and so is what Tinfoil refuses; what serves is untouched', async () => {
    const plan = `/v2/environments/${live.summary.environment}/update/plan`
    const closed = await client.refused('POST', plan, wanted('v3'))
    assert.match(closed.problem.detail, /closes paths, and every path of an app is reached here/)
    const wrong = await client.refused('POST', plan, wanted('v4'))
    assert.equal(wrong.problem.code, 'config_invalid')
    assert.match(wrong.problem.detail, /`cpus` is not a size that Tinfoil has at line 2, column 7; write one of 2, 4, 8, 16, 32/)
    assert.match(wrong.problem.detail, /has no digest, so it may mean another image tomorrow at line 6, column 12/)
    await served(sealdock, new URL(live.urls[0]).hostname, 'v2')
    assert.equal((await client.environment(live.summary.environment)).active.id, live.summary.id)
  })

  it('I-2 sealdock.yml says the same with `build.image`, and counts where both files are', async () => {
    live = await update('v5')
    assert.equal(live.artifact.pulled_as, first)
    await served(sealdock, new URL(live.urls[0]).hostname, 'v1')
  })
})
