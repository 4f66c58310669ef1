"""Git repositories for a measurement, and the end-to-end tests' executables to put into them."""
import shutil
import subprocess

from .engine import END2END

WHO = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]


def executable(name):
    """The path of `hello` or `hog`, compiled once."""
    script = "import * as all from './lib/hello.js'; console.log(await all[process.argv[1]]())"
    argv = ["node", "--input-type=module", "-e", script, name]
    return subprocess.run(argv, cwd=END2END, check=True, capture_output=True, text=True).stdout.strip()


def begin(tree, *executables):
    """An empty repository, with these executables to be committed first."""
    tree.mkdir()
    for name in executables:
        shutil.copy(executable(name), tree / name)
    git(tree, "init", "-q", "-b", "main")


def commit(tree, files):
    """Writes them over what is there, and says which commit it is."""
    for name, text in files.items():
        (tree / name).write_text(text)
    git(tree, "add", ".")
    git(tree, *WHO, "commit", "-q", "--allow-empty", "-m", "bench")
    return git(tree, "rev-parse", "HEAD")


def git(tree, *words):
    return subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True, text=True).stdout.strip()


def source(tree):
    return {"kind": "git", "url": f"file://{tree}", "revision": {"kind": "branch", "name": "main"}}
