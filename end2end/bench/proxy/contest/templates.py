"""The peers' configuration files, with ports and folders filled in."""
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent


def written(name, folder, **words):
    text = (FOLDER / name).read_text()
    for word, value in {"folder": folder, **words}.items():
        text = text.replace("{%s}" % word, str(value))
    path = folder / name
    path.write_text(text)
    return str(path)
