"""Tables and plots of the runs: one Markdown table per data set, error against time and against epsilon."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from results import Run
from systems import SYSTEMS
from tables import SOURCES

PLOTS = Path(__file__).parent / "plots"
README = Path(__file__).parent / "README.md"
MARKS = ("<!-- tables: compare.py table --keep -->", "<!-- end of tables -->")
HEAD = (
    "| epsilon | system | seeds | wall s | CPU s | peak MB | TVD1 | TVD2 | TVD3 | AUC |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
COLOURS = {
    "": "gray",
    "mbi": "C0",
    "opendp": "C2",
    "dpmm": "C5",
    "smartnoise": "C4",
    "sdv": "black",
    "dpsynth": "C9",
}
MARKS_OF = "osD^vPX"
LEGEND = 1.9
METRICS = ("tvd1", "tvd2", "tvd3", "auc")


@dataclass(frozen=True, kw_only=True)
class Line:
    """The runs of one system at one epsilon on one data set."""

    table: str
    system: str
    epsilon: float | None
    runs: list[Run]

    @property
    def finished(self) -> list[Run]:
        return [run for run in self.runs if run.status == "ok"]

    def values(self, field: str) -> list[float]:
        return [value for run in self.finished if (value := getattr(run, field)) is not None]

    def median(self, field: str) -> float | None:
        values = self.values(field)
        return median(values) if values else None


def lines_of(runs: Iterable[Run], table: str) -> list[Line]:
    """The lines of one data set, in the order of systems.py and by epsilon."""
    order = list(SYSTEMS)
    groups: dict[tuple[str, float | None], list[Run]] = {}
    for run in runs:
        if run.table == table and run.system in SYSTEMS:
            groups.setdefault((run.system, run.epsilon), []).append(run)
    keys = sorted(groups, key=lambda key: (key[1] or 0.0, order.index(key[0])))
    return [Line(table=table, system=system, epsilon=e, runs=groups[system, e]) for system, e in keys]


def markdown(runs: list[Run]) -> str:
    """Where synthcli stands, and one table per data set that has runs."""
    parts = ["### Where synthcli stands", "", *standing(runs), ""]
    for table, source in SOURCES.items():
        lines = lines_of(runs, table)
        if lines:
            parts += [
                f"### {source.title}: `{table}`",
                "",
                *HEAD,
                *(f"| {' | '.join(cells(line))} |" for line in lines),
                "",
            ]
    return "\n".join(parts)


def standing(runs: list[Run]) -> list[str]:
    """synthcli beside the best private peer of each data set and epsilon, and how much longer AIM on mbi takes."""
    head = [
        "data set",
        "epsilon",
        "synthcli TVD2",
        "best peer's",
        "",
        "TVD3",
        "best peer's",
        "",
        "CPU of mbi AIM / ours",
    ]
    rows = [head, ["---"] * len(head)]
    for table in SOURCES:
        lines = [line for line in lines_of(runs, table) if line.epsilon is not None]
        for epsilon in dict.fromkeys(line.epsilon for line in lines):
            mine = {line.system: line for line in lines if line.epsilon == epsilon}
            ours, aim = mine.get("synthcli-sieve"), mine.get("mbi-aim")
            peers = [line for name, line in mine.items() if SYSTEMS[name].environment and line.finished]
            if ours and ours.finished and peers:
                ratio = aim.runs[-1].cpu / ours.median("cpu") if aim and aim.runs[-1].cpu else None
                more = "" if ratio is None else f"{'' if aim.finished else '> '}{ratio:.0f}"
                rows.append([table, f"{epsilon:g}", *_beside(ours, peers, "tvd2"), *_beside(ours, peers, "tvd3"), more])
    return [f"| {' | '.join(row)} |" for row in rows]


def _beside(ours: Line, peers: list[Line], metric: str) -> list[str]:
    best = min(peers, key=lambda line: line.median(metric))
    title = SYSTEMS[best.system].title.partition(",")[0]
    return [spread(ours.values(metric), 4), spread(best.values(metric), 4), title]


def keep(text: str) -> None:
    """Put the tables in README.md, between its marks."""
    before, mark, rest = README.read_text().partition(MARKS[0])
    README.write_text(f"{before}{mark}\n\n{text}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}")


def cells(line: Line) -> list[str]:
    """What a table says of a line: medians, and in brackets the half range over seeds where there are several."""
    epsilon = "–" if line.epsilon is None else f"{line.epsilon:g}"
    known = [epsilon, SYSTEMS[line.system].title, str(len(line.finished))]
    if not line.finished:
        last = line.runs[-1]
        reason = "did not finish" if last.status == "timeout" else "failed"
        cost = [f"> {last.wall:,.0f}", f"> {last.cpu:,.0f}", f"{last.peak_mb:,.0f}"] if last.wall else ["", "", ""]
        return [*known, *cost, reason, "", "", ""]
    costs = [_shown(line.median(name), decimals) for name, decimals in (("wall", 1), ("cpu", 1), ("peak_mb", 0))]
    return [*known, *costs, *(spread(line.values(metric), 3 if metric == "auc" else 4) for metric in METRICS)]


def _shown(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:,.{decimals}f}"


def spread(values: list[float], digits: int) -> str:
    if not values:
        return "one class"
    digits += median(values) < 0.001
    middle = f"{median(values):.{digits}f}"
    return middle if len(values) < 2 else f"{middle} (±{(max(values) - min(values)) / 2:.{digits}f})"


def draw_plots(runs: list[Run]) -> None:
    """Write error-against-time.svg and error-against-epsilon.svg, a panel per data set."""
    PLOTS.mkdir(exist_ok=True)
    panels = {table: lines_of(runs, table) for table in SOURCES}
    panels = {table: lines for table, lines in panels.items() if any(line.finished for line in lines)}
    _figure(panels, _against_time, "error-against-time.svg", "CPU seconds of the whole process")
    _figure(panels, _against_epsilon, "error-against-epsilon.svg", "epsilon")


def _figure(panels: dict[str, list[Line]], draw, name: str, label: str) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bench"
    import matplotlib.pyplot as plt

    columns = min(3, len(panels))
    down = -(-len(panels) // columns)
    figure, axes = plt.subplots(down, columns, figsize=(4.2 * columns, 3.2 * down + LEGEND), squeeze=False)
    shown: dict[str, object] = {}
    for axis, (table, lines) in zip(axes.flat, panels.items(), strict=False):
        draw(axis, lines)
        for line in lines:
            if line.system == "bootstrap" and line.finished:
                axis.axhline(line.median("tvd2"), color="black", linestyle=":", label=SYSTEMS[line.system].title)
        axis.set(title=table, xscale="log", yscale="log", xlabel=label, ylabel="mean TVD of all pairs")
        _plain_ticks(axis)
        shown |= {text: handle for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    figure.legend(list(shown.values()), list(shown), loc="lower center", ncols=columns, fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, LEGEND / (3.2 * down + LEGEND), 1, 1))
    figure.savefig(PLOTS / name, metadata={"Date": None})
    plt.close(figure)


def _plain_ticks(axis) -> None:
    """Numbers a person would write, at 1, 2 and 5 of each power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for scale in (axis.xaxis, axis.yaxis):
        scale.set_major_locator(LogLocator(subs=(1, 2, 5)))
        scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        scale.set_minor_locator(NullLocator())
    axis.tick_params(axis="x", labelsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.grid(alpha=0.3)


def _style(system: str) -> dict[str, object]:
    """A colour for each family of systems, a mark for each of its members, stars for synthcli."""
    title, family = SYSTEMS[system].title.replace("*", ""), SYSTEMS[system].environment
    if system.startswith("synthcli"):
        colour = {"synthcli-sieve": "crimson", "synthcli-target": "darkorange"}.get(system, "palevioletred")
        return {"color": colour, "marker": "*", "markersize": 11, "label": title, "zorder": 3}
    members = [name for name, other in SYSTEMS.items() if other.environment == family]
    return {"color": COLOURS[family], "marker": MARKS_OF[members.index(system) % 7], "markersize": 6, "label": title}


def _against_time(axis, lines: list[Line]) -> None:
    """One point per system at epsilon 1, or without one."""
    for line in lines:
        if line.finished and line.epsilon in (1.0, None) and line.system != "bootstrap":
            axis.plot(line.median("cpu"), line.median("tvd2"), linestyle="", **_style(line.system))


def _against_epsilon(axis, lines: list[Line]) -> None:
    """One curve per private system, with the range over its seeds."""
    systems = dict.fromkeys(line.system for line in lines if line.epsilon is not None and line.finished)
    for system in systems:
        mine = [line for line in lines if line.system == system and line.finished]
        epsilons = [line.epsilon for line in mine]
        axis.plot(epsilons, [line.median("tvd2") for line in mine], linewidth=1, **_style(system))
        low, high = ([end(line.values("tvd2")) for line in mine] for end in (min, max))
        axis.fill_between(epsilons, low, high, color=_style(system)["color"], alpha=0.15, linewidth=0)
