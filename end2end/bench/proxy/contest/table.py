"""One table per load: medians over the rounds."""
import statistics

MEDIANS = ("per_s", "mb_per_s", "p50_ms", "p99_ms", "cpu_us")


def summaries(rounds):
    return [summary(name, [one[name] for one in rounds]) for name in rounds[0]]


def summary(name, runs):
    middle = {key: median([run[key] for run in runs]) for key in MEDIANS}
    return {"subject": name, **middle, "failed": sum(run["failed"] for run in runs)}


def median(values):
    return None if None in values else statistics.median(values)


def print_table(load, rows):
    print(f"{load.what}:")
    print(f"{'':14}{load.unit + '/s':>12}{'MB/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'cpu us/each':>13}{'failed':>8}")
    for row in rows:
        print(f"{row['subject']:14}{row['per_s']:12.0f}{shown(row['mb_per_s'], 0):>8}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}"
              f"{shown(row['cpu_us'], 1):>13}{row['failed']:8}")
    print(comparison({row["subject"]: row for row in rows}), flush=True)


def shown(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def comparison(rows):
    ours, peers = rows["ours"], (rows["nginx"], rows["haproxy"])
    ratio = ours["per_s"] / max(peer["per_s"] for peer in peers)
    tail = ours["p99_ms"] / min(peer["p99_ms"] for peer in peers)
    return (f"ours: {ratio:.2f} x the better of nginx and HAProxy, p99 {tail:.2f} x the better one's, "
            f"{ours['per_s'] / rows['caddy']['per_s']:.1f} x Caddy\n")
