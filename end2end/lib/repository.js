// Real Git repositories that hold the app, with whatever tags a test needs.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { command } from './command.js'
import { writeContext } from './docker.js'
import { freshDirectory } from './places.js'

const IDENTITY = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.invalid',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.invalid',
}

/** @typedef {{tag: string, version?: string, env?: Record<string, string>, config?: string, files?: Record<string, string>}} Release */

export class Repository {
  constructor(path) {
    this.path = path
    this.url = `file://${path}`
  }

  /** @param {Release[]} releases  oldest first */
  static async make(...releases) {
    const repository = new Repository(await freshDirectory('repository'))
    await repository.git('init', '--quiet', '--initial-branch=main', '.')
    for (const release of releases) await repository.release(release)
    return repository
  }

  /** One of any files, with nothing of the app. @param {Record<string, string | Uint8Array>} files */
  static async of(files, tag = 'v1') {
    const repository = new Repository(await freshDirectory('repository'))
    await repository.git('init', '--quiet', '--initial-branch=main', '.')
    await repository.commit(files, tag)
    return repository
  }

  /** Replaces everything by these files, and tags it. */
  async commit(files, tag) {
    await this.git('rm', '-r', '--quiet', '--ignore-unmatch', '.')
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, name)), { recursive: true })
      await writeFile(join(this.path, name), content)
    }
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--message', `Release ${tag}`)
    await this.git('tag', '--annotate', '--message', tag, tag)
  }

  git(...args) {
    return command('git', args, { cwd: this.path, env: { ...process.env, ...IDENTITY } })
  }

  /** Commits the app so configured and tags it; returns the commit. @param {Release} release */
  async release({ tag, version = tag, env = {}, config = 'health:\n  path: /health\n', files = {} }) {
    await writeContext(this.path, { version, env })
    const contents = { 'sealdock.yml': config, ...files }
    for (const [name, content] of Object.entries(contents)) await writeFile(join(this.path, name), content)
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', `Release ${tag}`)
    await this.git('tag', '--annotate', '--message', tag, tag)
    return this.git('rev-parse', 'HEAD')
  }

  remove() {
    return rm(this.path, { recursive: true, force: true })
  }
}
