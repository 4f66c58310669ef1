"""Rows of the table, and how they are shown."""
from dataclasses import dataclass, field

HEAD = ("", "what", "ours", "peer", "floor", "ratio", "goal", "verdict")


class CantRun(Exception):
    """Something that the part needs is not here; the sentence says what."""


@dataclass
class Row:
    """One number. `ratio` is what the goal speaks of; `met` says whether it is reached, and is
    None where there is nothing to judge."""

    goal_id: str
    what: str
    ours: str
    goal: str
    met: bool | None
    ratio: str = "–"
    peer: str = "–"
    floor: str = "–"
    details: dict = field(default_factory=dict)

    @property
    def verdict(self):
        return {True: "met", False: "missed", None: "not judged"}[self.met]

    def cells(self):
        return (self.goal_id, self.what, self.ours, self.peer, self.floor, self.ratio, self.goal, self.verdict)

    def as_json(self):
        return {**dict(zip(("goal_id", *HEAD[1:]), self.cells())), "details": self.details}


def print_table(rows, skipped, context):
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEAD))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for sentence in skipped:
        print(sentence)
    print(said(context))


def markdown(rows, skipped, context):
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join([table, *skipped, said(context)]) + "\n"


def said(context):
    return ", ".join(f"{name}: {value}" for name, value in context.items())
