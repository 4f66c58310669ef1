// I-19 from outside: a project that names who signs its releases. What goes where visitors are is a tag
// whose release that key signed, and the very image that the release names; what serves is untouched by
// everything else.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { launch, looked, signedIn } from './lib/browser.js'
import { Client, git, served } from './lib/client.js'
import { command } from './lib/command.js'
import { buildImage, engineVersion, removeImage, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { GitHub } from './lib/github.js'
import { freshDirectory, SEALDOCK } from './lib/places.js'
import { Registry } from './lib/registry.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const hasRegistry = await command('htpasswd', ['-Bbn', 'a', 'b']).catch(() => null)
const skip = !(await engineVersion()) ? 'no Docker Engine answers' : hasRegistry ? false : 'no docker-registry'
const local = (version) => `sealdock-e2e-released:${version}-${process.pid}`
const config = (image) => `build:\n  image: ${image}\nhealth:\n  path: /health\ndrain_s: 0\n`

describe('a project whose releases are signed', { skip, concurrency: 1 }, () => {
  let sealdock, client, registry, repository, github, folder, installation, browser, live, key, stranger
  const images = []

  const pushed = async (version) => {
    await buildImage(local(version), { version })
    await command('docker', ['save', '--output', join(folder, `${version}.tar`), local(version)])
    const reference = await registry.push(local(version), `team/app:${version}`)
    images.push(`${reference.replace(/:[^:/]+$/, '')}@${await registry.digest(`team/app:${version}`)}`)
    return images.at(-1)
  }
  const sealdockRelease = (args) => new Promise((resolve, reject) => {
    const env = { ...process.env, GITHUB_TOKEN: 'ghs_test', GITHUB_REPOSITORY: 'acme/shop', GITHUB_API_URL: github.url }
    execFile(SEALDOCK, ['release', ...args, '-o', 'json'], { env, cwd: folder, timeout: 120_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(JSON.parse(stdout)))
  })
  /** What a job of the project's CI does with its tag. */
  const released = async (tag, { image, by = 'ci.key', as = tag, reference }) => {
    const commit = await repository.git('rev-parse', `${tag}^{commit}`)
    const where = reference ? ['--reference', reference] : []
    await sealdockRelease(['make', '--archive', `${image}.tar`, ...where, '--tag', as, '--commit', commit, '--key', by, '--publish'])
    github.releases.find(({ tag_name }) => tag_name === as).tag_name = tag
  }
  const base = (environment) => `/v2/environments/${environment}/update`
  const refused = (update, environment = live.summary.environment) => client.refused('POST', `${base(environment)}/plan`, update)
  const wanted = (tag) => ({ source: git(repository, tag) })
  const head = () => ({ source: git(repository) })
  const commit = async (tag) => ({ source: { ...git(repository), revision: { kind: 'commit', name: await repository.git('rev-parse', `${tag}^{commit}`) } } })
  const untouched = async (version) => {
    await served(sealdock, new URL(live.urls[0]).hostname, version)
    assert.equal((await client.environment(live.summary.environment)).active.id, live.summary.id)
  }

  before(async () => {
    folder = await freshDirectory('released')
    registry = await Registry.start({ username: 'bot', password: 'released-pass' })
    const [first, second] = [await pushed('v1'), await pushed('v2')]
    repository = await Repository.of({ 'sealdock.yml': config(first) }, 'v1')
    for (const tag of ['v2', 'v3', 'v4', 'v5', 'v6']) await repository.commit({ 'sealdock.yml': config(second), tag }, tag)
    // Built by CI alone: its file names no image, because there was none when it was tagged.
    await repository.commit({ Dockerfile: 'FROM scratch\n', 'sealdock.yml': 'health:\n  path: /health\ndrain_s: 0\n' }, 'v7')
    github = await GitHub.start()
    ;({ key } = await sealdockRelease(['keygen', 'ci.key']))
    ;({ key: stranger } = await sealdockRelease(['keygen', 'stranger.key']))
    await released('v2', { image: 'v2' })
    await released('v3', { image: 'v1' })
    await released('v4', { image: 'v2', by: 'stranger.key' })
    await released('v5', { image: 'v2', as: 'v5-of-another' })
    await released('v7', { image: 'v1', reference: first })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    await client.post('/v2/credentials', { kind: 'registry', place: registry.host, username: 'bot', secret: 'released-pass' })
    live = await client.live('web', git(repository, 'v1'))
    installation = await client.installation(live.summary.id)
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    github?.stop()
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await registry?.stop()
    for (const image of images) await removeImage(image)
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  it('I-19 the key is set in the browser, and said from then on', async () => {
    const context = await signedIn(browser, client)
    const page = await context.newPage()
    await page.goto(`${sealdock.url}/projects/${live.summary.project}/git`)
    await page.getByText('Which host, and its token').click()
    await page.getByLabel('Address of its API').fill(github.url)
    await page.getByLabel('Repository', { exact: true }).fill('acme/shop')
    await page.getByLabel('Token', { exact: true }).fill('ghs_test')
    await page.getByLabel('Key of releases').fill('not a key')
    await page.getByRole('button', { name: 'Save which host is told' }).click()
    await page.getByText('That is no ed25519 key.').waitFor()
    await page.getByLabel('Key of releases').fill(key)
    await page.getByRole('button', { name: 'Save which host is told' }).click()
    await page.getByRole('definition').filter({ hasText: key }).waitFor()
    const { forge } = await client.get(`/v2/projects/${live.summary.project}/previews`)
    assert.equal(forge.release_key, key)
    const found = await looked(context, 'release-key', page.url(), (page) => page.getByText('Which host, and its token').click())
    assert.deepEqual(found, [])
    await context.close()
  })

  it('I-19 X-11 a developer deploys, and neither takes the key away nor sets another', async () => {
    const developer = await Client.bySession(sealdock, client.cookie, 'developer')
    const path = `/v2/projects/${live.summary.project}/git/host`
    const host = { provider: 'github', url: github.url, repository: 'acme/shop', token: 'ghs_test' }
    const elsewhere = { ...host, url: 'https://api.github.com' }
    const refused = [['POST', { ...host, release_key: '' }], ['POST', { ...host, release_key: stranger }], ['POST', elsewhere], ['POST', { ...host, repository: 'acme/other' }], ['DELETE', undefined]]
    for (const [method, body] of refused) {
      const { status, problem } = await developer.refused(method, path, body)
      assert.equal(status, 403)
      assert.match(problem.detail, /As a developer you can't say who signs releases; that takes the role owner/)
    }
    await developer.post(path, { ...host, release_key: key })
    await developer.post(path, host)
    const { forge } = await client.get(`/v2/projects/${live.summary.project}/previews`)
    assert.equal(forge.release_key, key)
  })

  it('I-19 a tag with a release that the key signed is deployed, and its plan and log say who signed what', async () => {
    const plan = await client.post(`${base(live.summary.environment)}/plan`, wanted('v2'))
    assert.equal(plan.build.released.key, key)
    assert.ok(plan.notes.includes(`The release of v2 is signed by \`${key}\`. Only its image is started.`), plan.notes)
    const url = `${sealdock.url}/environments/${live.summary.environment}/update?tag=v2`
    const found = await looked(await signedIn(browser, client), 'released', url, (page) => page.getByText('The release of v2 is signed by').waitFor())
    assert.deepEqual(found, [])
    live = await client.updated(live.summary.environment, wanted('v2'))
    assert.equal(live.artifact.image, plan.build.released.image)
    await served(sealdock, new URL(live.urls[0]).hostname, 'v2')
    assert.deepEqual(live.released, plan.build.released)
    const [job] = live.jobs
    assert.match(await client.log(job.stream), new RegExp(`It is what ${key} signed as v2`))
    const stored = github.requests.filter(({ path }) => path.startsWith('/storage/'))
    assert.ok(stored.length > 0 && stored.every(({ headers }) => headers.authorization === undefined))
  })

  it('I-19 an image that is not the one released ends before it starts', async () => {
    const { summary } = await client.update(live.summary.environment, wanted('v3'))
    const failed = await client.until(summary.id, 'failed')
    assert.match(failed.summary.sentence, /This is sha256:\w+, and the signed release of v3 is sha256:\w+: it is not deployed\. Let the release say where its image is pulled from/)
    assert.equal(failed.instances?.length ?? 0, 0)
    await untouched('v2')
  })

  it('I-19 what nobody released, somebody else signed, or was signed of something else is refused', async () => {
    const fork = await Repository.of({ 'sealdock.yml': config(images[1]) }, 'v2')
    for (const [update, says] of [
      [{ source: git(fork, 'v2') }, /Releases are signed for .*, and this tag is of .*/],
      [wanted('v6'), /at GitHub v6 has no release/],
      [wanted('v4'), new RegExp(`release.json of v4 has a signature that this key did not make \\(it names ${stranger}\\)`)],
      [wanted('v5'), /release.json of v5 is of v5-of-another/],
      [head(), /takes only tags with a signed release where it is not for debugging, and \S+ is no tag/],
      [{ source: { kind: 'image', reference: images[0] } }, /is no tag/],
    ]) {
      const { status, problem } = await refused(update)
      assert.deepEqual([status, problem.code], [409, 'not_released'], problem.detail)
      assert.match(problem.detail, says)
      assert.ok(problem.way_out, problem.detail)
    }
    await fork.remove()
    await untouched('v2')
  })

  it('I-19 what is held goes live while the key of its release counts, and not once another does', async () => {
    const { digest, typed } = await client.post(`${base(live.summary.environment)}/plan`, wanted('v7'))
    const { summary } = await client.post(base(live.summary.environment), { update: wanted('v7'), digest, typed, hold: true })
    await eventually('it is held', async () => (await client.deployment(summary.id)).summary.held)
    const host = { provider: 'github', url: github.url, repository: 'acme/shop' }
    const path = `/v2/projects/${live.summary.project}/git/host`
    await client.post(path, { ...host, release_key: stranger })
    const { status, problem } = await client.refused('POST', `/v2/deployments/${summary.id}/promote`)
    assert.deepEqual([status, problem.code], [409, 'not_released'], problem.detail)
    await untouched('v2')
    await client.post(path, { ...host, release_key: key })
    await client.post(`/v2/deployments/${summary.id}/cancel`)
    await client.until(summary.id, 'cancelled')
  })

  it('I-19 what CI built and pushed is pulled and not built again, where its release says from where', async () => {
    const plan = await client.post(`${base(live.summary.environment)}/plan`, wanted('v7'))
    assert.deepEqual([plan.build.preset, plan.build.image, plan.build.released.reference], ['image', images[0], images[0]])
    assert.equal(plan.build.why, 'the signed release of v7 says what runs')
    live = await client.updated(live.summary.environment, wanted('v7'))
    assert.equal(live.artifact.pulled_as, images[0])
    assert.ok(!live.jobs.some(({ kind }) => kind === 'BuildImageJob'))
    await served(sealdock, new URL(live.urls[0]).hostname, 'v1')
  })

  it('I-19 a host that is down holds up a new version, and neither a rollback nor a new configuration', async () => {
    github.isDown = true
    const { status, problem } = await refused(wanted('v4'))
    assert.deepEqual([status, problem.code], [503, 'release_unread'])
    live = await client.updated(live.summary.environment, { config: { env: { GREETING: 'again' } } })
    assert.deepEqual([live.artifact.pulled_as, live.released.key], [images[0], key])
    const { items } = await client.get(`/v2/deployments?project=${live.summary.project}`)
    live = await client.updated(live.summary.environment, { reuse: { deployment: items.at(-1).id } })
    await served(sealdock, new URL(live.urls[0]).hostname, 'v1')
    github.isDown = false
  })

  it('I-19 a debug environment takes anything, and gives on only what is released', async () => {
    const debug = (await client.post(`/v2/projects/${live.summary.project}/environments`, { name: 'debug', debug: true })).id
    const tried = await client.updated(debug, await commit('v2'))
    const no = await refused({ reuse: { deployment: tried.summary.id } })
    assert.deepEqual([no.status, no.problem.code], [409, 'not_released'])
    const other = await client.updated(debug, wanted('v3'))
    assert.match((await refused({ reuse: { deployment: other.summary.id } })).problem.detail, /the signed release of v3 is/)
    const right = await client.updated(debug, wanted('v2'))
    live = await client.updated(live.summary.environment, { reuse: { deployment: right.summary.id } })
    await served(sealdock, new URL(live.urls[0]).hostname, 'v2')
  })
})
