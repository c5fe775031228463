"""The commands that make evidence: generate, remake, and the list of what can be wrong: catalogue."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.cli.outfile import outfile

if TYPE_CHECKING:
    from labkit.core.manifest import Case


def add_commands(commands: Any) -> None:
    """Add ``generate``, ``remake`` and ``catalogue``."""
    make = commands.add_parser("generate", help="make the evidence of an outage from a scenario and a seed")
    make.add_argument("scenario", help="name of a scenario that comes with the lab, or a TOML file")
    make.add_argument("--seed", type=int, required=True, help="same scenario and seed: same bytes")
    make.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    make.add_argument("--scale", type=float, default=1.0, help="times the traffic (default: 1)")
    make.add_argument("--workers", type=int, default=1, help="processes; no byte depends on it (default: 1)")
    make.add_argument("--compress", action="store_true", help="write the large files as gzip")
    make.add_argument("--truth", type=Path, metavar="FILE", help="also write what really happened, apart")
    make.set_defaults(run=_generate)

    remake = commands.add_parser("remake", help="make the committed evidence again and write its manifest")
    remake.add_argument(
        "data", nargs="?", type=Path, default=Path("data"), help="data folder (default: data)"
    )
    remake.set_defaults(run=_remake)

    faults = commands.add_parser("catalogue", help="list every fault and how it shows, as a Markdown table")
    faults.add_argument("--out", type=outfile, metavar="FILE", help="write it there (default: print it)")
    faults.add_argument(
        "--judge", action="store_true", help="make every scenario, investigate it, and report what was found"
    )
    faults.add_argument("--only", nargs="+", metavar="SCENARIO", help="scenarios to judge (default: all)")
    faults.add_argument("--seeds", type=_seeds, default="1-10", metavar="A-B", help="default: 1-10")
    faults.add_argument(
        "--withheld", type=_seeds, default="1-3", metavar="A-B", help="seeds to judge without one plane, too"
    )
    faults.add_argument(
        "--scale", type=float, default=0.25, help="times the traffic, where pools allow it (default: 0.25)"
    )
    faults.add_argument("--jobs", type=int, default=1, help="processes; the result is the same (default: 1)")
    faults.add_argument(
        "--keep", type=outfile, metavar="FILE", help="keep verdicts there, and go on from those it has"
    )
    faults.set_defaults(run=_catalogue)


def _seeds(text: str) -> tuple[int, ...]:
    """Read seeds: ``11-20``, ``3,5,8``, or one."""
    parts = [part.partition("-") for part in text.split(",")]
    try:
        return tuple(seed for first, _, last in parts for seed in range(int(first), int(last or first) + 1))
    except ValueError:
        raise argparse.ArgumentTypeError(f"no seeds: {text!r}; write 11-20, or 3,5,8") from None


def _generate(arguments: argparse.Namespace) -> int:
    from labkit.cli.progress import Bar
    from labkit.simulation.generate import generate
    from labkit.simulation.scenario import load_scenario

    with Bar(f"generating {arguments.scenario}", unit=" blocks") as bar:
        summary = generate(
            load_scenario(arguments.scenario),
            seed=arguments.seed,
            out=arguments.out,
            scale=arguments.scale,
            workers=arguments.workers,
            compress=arguments.compress,
            truth=arguments.truth,
            progress=bar,
        )
    for path in summary.files:
        print(f"{summary.lines[path.name.removesuffix('.gz')]:>12,} lines  {path.as_posix()}")
    print(f"{summary.spans:>12,} spans, {summary.bytes_written / 1e6:,.1f} MB of text")
    return 0


def _remake(arguments: argparse.Namespace) -> int:
    from labkit.core import manifest

    cases = [_make_case(arguments.data, case) for case in manifest.read_manifest(arguments.data)]
    manifest.write_manifest(arguments.data, cases)
    return 0


def _catalogue(arguments: argparse.Namespace) -> int:
    from labkit.classroom.trials.document import with_report, write_document
    from labkit.simulation.catalogue import catalogue

    report = _judged(arguments) if arguments.judge else None
    if arguments.out:
        write_document(arguments.out, catalogue(), report)
    else:
        print(with_report(catalogue(), "", report), end="")
    return 0


def _judged(arguments: argparse.Namespace) -> str:
    import datetime as dt

    from labkit.classroom.trials import PLANES, Plan, least_scale, run_trials
    from labkit.classroom.trials.table import report
    from labkit.cli.progress import Bar
    from labkit.simulation.scenario import scenario_names

    planes = {seed: tuple(PLANES) for seed in arguments.withheld}
    plans = [
        Plan(name, seed, max(arguments.scale, least_scale(name)), planes.get(seed, ()))
        for seed in arguments.seeds
        for name in arguments.only or scenario_names()
    ]
    with Bar("judging", unit=" trials") as bar:
        verdicts = run_trials(plans, jobs=arguments.jobs, keep=arguments.keep, progress=bar)
    return report(verdicts, day=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}")


def _make_case(data: Path, case: Case) -> Case:
    from labkit import __version__
    from labkit.cli.progress import Bar
    from labkit.core import manifest
    from labkit.simulation.generate import generate
    from labkit.simulation.scenario import load_scenario

    with Bar(f"making {case.folder}", unit=" blocks") as bar:
        generate(
            load_scenario(case.scenario),
            seed=case.seed,
            out=data / case.folder,
            scale=case.scale,
            compress=True,
            progress=bar,
        )
    return manifest.describe_case(
        data / case.folder,
        scenario=case.scenario,
        seed=case.seed,
        scale=case.scale,
        labkit_version=__version__,
    )
