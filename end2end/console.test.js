// The main job as a person does it: in a browser, with a real Git repository, a real Engine, and
// 64 clients who never notice.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { launch, looked, openPage, screenshots, tabTo } from './lib/browser.js'
import { engineVersion } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { startLoad } from './lib/load.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 2\n'
const QUIET = { HELLO_QUIET: '1' }
const OWNER = { Organization: 'Acme', Email: 'ada@example.org', Password: 'correct horse battery' }
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('the main job in a browser', { skip, concurrency: 1 }, () => {
  let sealdock, repository, browser, context, page, environment

  before(async () => {
    repository = await Repository.make(
      { tag: 'v1', env: QUIET, config: CONFIG },
      { tag: 'v2', env: QUIET, config: CONFIG },
      { tag: 'v3-rc.1', env: { ...QUIET, HELLO_UNHEALTHY: '1' }, config: CONFIG },
    )
    sealdock = await Sealdock.start()
    browser = await launch()
    context = await browser.newContext({ baseURL: sealdock.url, viewport: { width: 1440, height: 900 } })
    page = await openPage(context)
  })
  after(async () => {
    await browser?.close()
    await repository?.remove()
    await sealdock?.destroy()
  })

  const version = async (host = 'web.localhost') => {
    const answer = await page.request.get(`http://127.0.0.1:${sealdock.proxyPort}/version`, { headers: { host } })
    return (await answer.text()).trim()
  }
  const verdict = (word) => page.locator('.verdict').getByText(word, { exact: true }).first().waitFor({ timeout: 60_000 })
  const live = () => verdict('Completed')
  /** Goes there and waits until the page is alive: what is typed before that is a plain form's. */
  const go = async (path) => {
    await page.goto(path)
    await page.locator('.side .live-mark').getByText('Live').waitFor()
  }

  it('X-10 the set-up link makes the owner, once', async () => {
    const link = await sealdock.setupLink()
    await page.goto(link)
    for (const [label, text] of Object.entries(OWNER)) await page.getByLabel(label, { exact: true }).fill(text)
    await page.getByRole('button', { name: 'Create the owner' }).click()
    await page.getByRole('button', { name: 'Deploy the sample' }).waitFor()
    const again = await openPage(await browser.newContext({ baseURL: sealdock.url }))
    await again.goto(link)
    await again.getByText('already', { exact: false }).or(again.getByRole('heading', { name: 'Sign in' })).first().waitFor()
  })

  it('I-1 a newcomer deploys the sample in one click', async () => {
    await page.getByRole('button', { name: 'Deploy the sample' }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await live()
    assert.equal(await version('hello.localhost'), 'v1.0.0')
  })

  it('P-2 a Git repository with a Dockerfile: look, choose a tag, watch the build, open it', async () => {
    await go('/projects/new')
    await page.getByRole('link', { name: /Git/ }).first().click()
    await page.getByLabel('Repository').fill(repository.url)
    await page.getByRole('button', { name: 'Look' }).click()
    await page.getByLabel('Version').selectOption('tag:v1')
    await page.getByLabel('Name', { exact: true }).fill('web')
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await live()
    await page.getByRole('link', { name: /Build image/ }).click()
    await page.getByRole('log').getByText('COPY hello version /').waitFor()
    assert.equal(await version(), 'v1')
  })

  it('I-4 I-5 I-6 update to v2: the plan, then no failed request under load, and v1 → v2 once', async () => {
    await page.getByRole('link', { name: 'Update', exact: true }).click()
    await page.waitForURL(/\/environments\/env_[^/]+\/update/)
    environment = new URL(page.url()).pathname.split('/')[2]
    await page.getByRole('radio', { name: /^v2/ }).check()
    const plan = page.getByRole('region', { name: 'Plan' })
    await plan.getByText('No downtime').waitFor()
    await plan.getByText('Release v2').waitFor()
    const load = await startLoad({ port: sealdock.proxyPort, host: 'web.localhost' })
    await plan.getByRole('button', { name: 'Update to v2' }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await live()
    await eventually('v2 serves', async () => (await version()) === 'v2')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const summary = await load.stop()
    assert.deepEqual(summary.failures, [])
    const seen = Object.keys(summary.sequences)
    assert.ok(seen.includes('v1 > v2') && seen.every((s) => ['v1', 'v2', 'v1 > v2'].includes(s)), JSON.stringify(seen))
  })

  it('I-6 I-7 a version that never becomes healthy is refused while v2 serves, and both logs are seen', async () => {
    await go(`/environments/${environment}/update?tag=v3-rc.1`)
    await page.getByRole('button', { name: 'Update to v3-rc.1' }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    for (const log of ['Log: Web 0', /^Log: Before: #2 v2, Web 0$/]) {
      await page.getByRole('region', { name: log, exact: true }).getByRole('log').getByText(/hello v\S+ starting/).waitFor({ timeout: 30_000 })
    }
    await screenshots(context, 'updating', page.url())
    await verdict('Failed')
    await page.locator('.verdict').getByText(/did not become healthy within 8 s: GET \/health answered 503/).waitFor()
    assert.equal(await version(), 'v2')
  })

  it('I-4 edit config: the change stands in the plan before it runs', async () => {
    await go(`/environments/${environment}/update/config`)
    await page.getByLabel('Replicas').fill('2')
    const plan = page.getByRole('region', { name: 'Plan' })
    await plan.getByText('replicas').waitFor()
    await plan.getByRole('button', { name: 'Apply this configuration' }).click()
    await page.waitForURL(/\/deployments\/dep_/)
    await live()
    await page.getByText('Serves from 2 instances.').first().waitFor()
    assert.equal(await version(), 'v2')
  })

  it('P-13 from the project’s page it is two clicks back to v1, and as many forth to v2', async () => {
    const project = (await (await page.request.get(`/v2/environments/${environment}`)).json()).project
    for (const [from, to] of [['v2', 'v1'], ['v1', 'v2']]) {
      await go(`/projects/${project}`)
      await page.getByRole('link', { name: 'Roll back' }).first().click()
      if (from === 'v2') await page.getByRole('radio', { name: /^v1/ }).check()
      await page.getByRole('region', { name: 'Plan' }).getByRole('button', { name: `Roll back to ${to}` }).click()
      await page.waitForURL(/\/deployments\/dep_/)
      await live()
      await eventually(`${to} serves`, async () => (await version()) === to)
    }
  })

  it('P-10 pause answers 503 on purpose, resume serves again', async () => {
    await page.getByRole('button', { name: 'Pause' }).click()
    await verdict('Paused')
    await eventually('it is paused', async () => (await version()).includes('paused by its team'))
    await page.getByRole('button', { name: 'Resume' }).click()
    await live()
    await eventually('it serves', async () => (await version()) === 'v2')
  })

  it('X-11 a viewer reads, and every button that is not theirs says why', async () => {
    const invited = await page.request.post('/v2/invitations', {
      headers: { origin: sealdock.url },
      data: { email: 'vera@example.org', role: 'viewer' },
    })
    const { token } = await invited.json()
    const viewer = await openPage(await browser.newContext({ baseURL: sealdock.url }))
    await viewer.goto(`/join?token=${token}`)
    await viewer.getByLabel('Choose a password').fill('another long password')
    await viewer.getByRole('button', { name: 'Join' }).click()
    await viewer.goto('/deployments')
    await viewer.getByRole('link', { name: /web/ }).first().click()
    await viewer.getByText(/As a viewer you can't deploy/).first().waitFor()
    assert.equal(await viewer.getByRole('button', { name: 'Update', exact: true }).isDisabled(), true)
  })

  it('Q-42 every page passes axe in both themes and widths, and is looked at', async () => {
    const project = (await (await page.request.get('/v2/projects')).json()).items.find((p) => p.name === 'web')
    const deployments = (await (await page.request.get('/v2/deployments')).json()).items
    const post = async (path, data) => {
      const answer = await page.request.post(path, { data, headers: { origin: sealdock.url } })
      assert.ok(answer.ok(), `${path}: ${await answer.text()}`)
      return answer.json()
    }
    // One that nobody answers for: a failing state is looked at too.
    const service = await post('/v2/services', { name: 'cache', kind: 'redis', url: 'redis://127.0.0.1:1/0' })
    await post('/v2/secrets', { name: 'API_KEY', value: 'nobody reads this back' })
    await post('/v2/credentials', { kind: 'git', place: 'git.example.com/team', username: 'bot', secret: 'neither this' })
    const live = deployments.find((d) => d.live).id
    // That page of a debug environment is looked at by terminal.test.js; production's says why there is none.
    const pages = {
      overview: '/', projects: '/projects', project: `/projects/${project.id}`, deployments: '/deployments',
      live: `/deployments/${live}`, 'stack-trace': `/deployments/${live}/stack-trace`,
      failed: `/deployments/${deployments.find((d) => d.status === 'failed').id}`,
      update: `/environments/${environment}/update?tag=v1`, config: `/environments/${environment}/update/config`,
      versions: `/environments/${environment}/versions`, traffic: `/environments/${environment}/traffic`,
      terminal: `/environments/${environment}/terminal`,
      git: `/projects/${project.id}/git`, crons: `/projects/${project.id}/crons`, disk: '/settings/disk',
      delete: `/projects/${project.id}/delete`, new: '/projects/new', 'new-git': '/projects/new/git',
      'new-image': '/projects/new/image', 'new-bundle': '/projects/new/bundle', import: '/projects/import',
      services: '/services', service: `/services/${service.id}`, 'new-service': '/services/new',
      'delete-service': `/services/${service.id}/delete`, 'delete-environment': `/environments/${environment}/delete`,
      runtimes: '/runtimes', activity: '/events', settings: '/settings', secrets: '/settings/secrets',
      credentials: '/settings/credentials', tokens: '/settings/tokens', domains: '/settings/domains', members: '/settings/members',
    }
    const found = []
    for (const [name, path] of Object.entries(pages)) {
      found.push(...(await looked(context, name, sealdock.url + path)).map((line) => `${name}: ${line}`))
    }
    assert.deepEqual(found, [])
  })

  it('Q-42 forms submit without wasm', async () => {
    const plain = await browser.newContext({ baseURL: sealdock.url, javaScriptEnabled: false, storageState: await context.storageState() })
    const simple = await plain.newPage()
    await simple.goto(`/environments/${environment}/update`)
    await simple.getByRole('radio', { name: /^v1/ }).check()
    await simple.getByRole('button', { name: 'Show the plan' }).click()
    await simple.getByRole('button', { name: 'Update to v1' }).click()
    await simple.waitForURL(/\/deployments\/dep_/)
    await eventually('v1 serves', async () => (await version()) === 'v1', { timeoutMs: 60_000 })
    await plain.close()
  })

  it('Q-42 by keyboard alone: from the overview to a deployment’s log', async () => {
    await go('/')
    await tabTo(page, 'a[href="/deployments"]')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/deployments$/)
    await tabTo(page, 'a[href^="/deployments/dep_"]')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/deployments\/dep_/)
    await tabTo(page, '[role=log]')
  })

  it('I-12 delete asks for the name, and leaves nothing behind', async () => {
    for (const name of ['web', 'hello']) {
      const project = (await (await page.request.get('/v2/projects')).json()).items.find((p) => p.name === name)
      await go(`/projects/${project.id}/delete`)
      await page.getByLabel(/to confirm/).fill(name)
      await page.getByRole('button', { name: `Delete the project ${name}` }).click()
      await page.waitForURL((url) => !url.pathname.endsWith('/delete'))
    }
    await eventually('everything is gone', async () => (await sealdock.leftovers()).length === 0, { timeoutMs: 60_000 })
    await eventually('no project is left', async () => (await (await page.request.get('/v2/projects')).json()).items.length === 0)
    for (const dir of ['work', 'sites', 'mirrors', 'uploads']) {
      assert.deepEqual(await readdir(join(sealdock.data, dir)), [], dir)
    }
  })

  it('no page threw, refused a script, or failed a request', () => {
    assert.deepEqual(page.faults.filter((fault) => !fault.includes('409') && !fault.includes('422')), [])
  })
})
