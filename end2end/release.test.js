// A version's release, as any CI makes it: the image is measured, that is signed, and a pre-release has it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildImage, engineVersion, removeImage } from './lib/docker.js'
import { GitHub } from './lib/github.js'
import { freshDirectory, SEALDOCK } from './lib/places.js'

const IMAGE = `sealdock-e2e-release:${process.pid}`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('sealdock release', { skip, concurrency: 1 }, () => {
  let folder, github, key, made

  before(async () => {
    await buildImage(IMAGE, { version: 'v1' })
    folder = await freshDirectory('release')
    github = await GitHub.start()
  })
  after(async () => {
    github?.stop()
    await rm(folder, { recursive: true, force: true })
    await removeImage(IMAGE)
  })

  const file = (name) => join(folder, name)
  /** As a job of GitHub Actions: most of it comes by variables. */
  const release = (args, env = {}) => new Promise((resolve) => {
    const { GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_REF_NAME, GITHUB_SHA, SEALDOCK_TEE_KIT, ...rest } = process.env
    execFile(SEALDOCK, ['release', ...args], { env: { ...rest, ...env }, cwd: folder, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }))
  })
  const actions = () => ({
    GITHUB_TOKEN: 'ghs_test', GITHUB_REPOSITORY: 'acme/shop', GITHUB_REF_NAME: 'v1.2.0', GITHUB_SHA: 'a'.repeat(40), GITHUB_API_URL: github.url,
  })

  it('I-19 keygen makes a key for its owner alone, once, and says the public half', async () => {
    const { code, stdout } = await release(['keygen', '-o', 'json'])
    assert.equal(code, 0)
    ;({ key } = JSON.parse(stdout))
    assert.match(key, /^[0-9a-f]{64}$/)
    assert.equal((await stat(file('release.key'))).mode & 0o777, 0o600)
    const again = await release(['keygen'])
    assert.equal(again.code, 2)
    assert.match(again.stderr, /exists/)
  })

  it('I-19 make measures the image, signs it, and publishes a pre-release with what it wrote', async () => {
    const secret = (await readFile(file('release.key'), 'utf8')).trim()
    const done = await release(['make', '--image', IMAGE, '--publish', '-o', 'json'], { ...actions(), SEALDOCK_RELEASE_KEY: secret })
    assert.equal(done.code, 0, done.stderr)
    made = JSON.parse(done.stdout)
    assert.equal(made.key, key)
    assert.match(made.published.url, /releases\/tag\/v1\.2\.0$/)
    const [{ tag_name, target_commitish, prerelease, draft, assets }] = github.releases
    assert.deepEqual([tag_name, target_commitish, prerelease, draft], ['v1.2.0', 'a'.repeat(40), true, false])
    assert.deepEqual(Object.keys(assets).sort(), ['image.txt', 'release.json'])
    assert.deepEqual(assets['release.json'], await readFile(file('release/release.json')))
    assert.equal(assets['image.txt'].toString().trim(), made.image)
    for (const { headers } of github.requests) assert.equal(headers['x-github-api-version'], '2022-11-28')
    assert.ok(!(done.stdout + done.stderr).includes(secret) && !done.stderr.includes('ghs_test'))
  })

  it('I-19 the same image measures the same, by the Engine and by an archive', async () => {
    const args = ['make', '--tag', 'v1.2.0', '--key', 'release.key']
    const kept = await release([...args, '--image', IMAGE, '--commit', 'a'.repeat(40), '--out', 'kept', '--keep-archive'])
    assert.equal(kept.code, 0, kept.stderr)
    const again = await release([...args, '--archive', 'kept/image.tar', '--commit', 'a'.repeat(40), '--out', 'again'])
    assert.equal(again.code, 0, again.stderr)
    const first = await readFile(file('release/release.json'), 'utf8')
    assert.equal(await readFile(file('again/release.json'), 'utf8'), first)
    const inside = JSON.parse(Buffer.from(JSON.parse(first).release, 'base64'))
    assert.deepEqual([inside.tag, inside.image], ['v1.2.0', made.image])
    assert.match(inside.rootfs.root, /^[0-9a-f]{64}$/)
  })

  it('I-19 check believes the key that the reader brings, and nobody else', async () => {
    const good = await release(['check', 'release/release.json', '--key', key])
    assert.deepEqual([good.code, good.stdout.split(',')[0]], [0, `v1.2.0 is ${made.image}`], good.stderr)
    const other = await release(['check', 'release/release.json', '--key', 'b'.repeat(64)])
    assert.equal(other.code, 1)
    assert.match(other.stderr, /a signature that this key did not make/)
    const forged = JSON.parse(await readFile(file('release/release.json'), 'utf8'))
    const inside = JSON.parse(Buffer.from(forged.release, 'base64'))
    forged.release = Buffer.from(JSON.stringify({ ...inside, tag: 'v9.9.9' })).toString('base64')
    await writeFile(file('forged.json'), JSON.stringify(forged))
    assert.equal((await release(['check', 'forged.json', '--key', key])).code, 1)
  })

  it('I-19 what can’t be done is said before anything is made', async () => {
    const publish = ['make', '--image', IMAGE, '--key', 'release.key', '--publish']
    const taken = await release(publish, actions())
    assert.equal(taken.code, 3)
    assert.match(taken.stderr, /422.*already_exists[\s\S]*A release of this tag may be there already/)
    const count = github.requests.length
    for (const [env, says] of [
      [{ ...actions(), GITHUB_TOKEN: '' }, /no token for GitHub/],
      [{ ...actions(), GITHUB_REPOSITORY: '../acme' }, /is not OWNER\/NAME/],
      [{ ...actions(), GITHUB_API_URL: 'http://api.github.invalid' }, /it is not https/],
    ]) {
      const no = await release(publish, env)
      assert.deepEqual([no.code, says.test(no.stderr)], [2, true], no.stderr)
    }
    const nothing = await release(['make', '--image', IMAGE, '--tag', 'v2'])
    assert.match(nothing.stderr, /There is no key to sign with[\s\S]*keygen/)
    assert.equal(github.requests.length, count)
    const { code, stdout } = await release(['template'])
    assert.equal(code, 0)
    assert.match(stdout, /^# On a tag/)
  })
})
