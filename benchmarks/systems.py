"""The systems that are compared: which adapter runs in which environment, and how."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class System:
    """One line of the tables.

    `environment` names the requirements file of the adapter's environment ("": the benchmark's own interpreter).
    `private` is False for what ignores epsilon: it is run once, without one. `seeds` is how many runs there are if
    nobody asks for another number. `everywhere` is False for what takes too long, or is a second setting of another
    line: unless asked for by name it is run on Adult at epsilon 1 only.
    """

    title: str
    adapter: str
    environment: str
    arguments: tuple[str, ...] = ()
    private: bool = True
    seeds: int = 1
    everywhere: bool = True


OURS = "synthcli_cli.py"

SYSTEMS = {
    "bootstrap": System(title="bootstrap of the real rows", adapter="floors.py", environment="", private=False),
    "synthcli-sieve": System(
        title="**synthcli** (sieve)", adapter=OURS, environment="", arguments=("--mechanism", "sieve"), seeds=5
    ),
    "synthcli-target": System(
        title="**synthcli** (sieve, --target)",
        adapter=OURS,
        environment="",
        arguments=("--mechanism", "sieve", "--target", "{target}"),
        seeds=5,
    ),
    "synthcli-aim": System(
        title="synthcli, aim", adapter=OURS, environment="", arguments=("--mechanism", "aim"), everywhere=False
    ),
    "synthcli-mst": System(
        title="synthcli, mst", adapter=OURS, environment="", arguments=("--mechanism", "mst"), everywhere=False
    ),
    "independent": System(
        title="independent marginals", adapter=OURS, environment="", arguments=("--mechanism", "independent")
    ),
    "mbi-aim": System(
        title="mbi 2.0 AIM, 10 MB, 32 rounds (or 2 a column)",
        adapter="mbi_aim.py",
        environment="mbi",
        arguments=("--megabytes", "10", "--rounds", "32"),
    ),
    "mbi-aim-40": System(
        title="mbi 2.0 AIM, 40 MB, 32 rounds",
        adapter="mbi_aim.py",
        environment="mbi",
        arguments=("--megabytes", "40", "--rounds", "32"),
        everywhere=False,
    ),
    "mbi-aim-paper": System(
        title="mbi 2.0 AIM, paper settings", adapter="mbi_aim.py", environment="mbi", everywhere=False
    ),
    "mbi-mst": System(title="mbi 2.0 MST", adapter="mbi_mst.py", environment="mbi"),
    "opendp-mst": System(
        title="opendp 0.16 MST, rows sampled",
        adapter="opendp_mbi.py",
        environment="opendp",
        arguments=("--rows", "sample"),
    ),
    "opendp-mst-round": System(
        title="opendp 0.16 MST, as it comes", adapter="opendp_mbi.py", environment="opendp", everywhere=False
    ),
    "opendp-aim": System(
        title="opendp 0.16 AIM, rows sampled",
        adapter="opendp_mbi.py",
        environment="opendp",
        arguments=("--model", "aim", "--rows", "sample"),
        everywhere=False,
    ),
    "opendp-aim-round": System(
        title="opendp 0.16 AIM, as it comes",
        adapter="opendp_mbi.py",
        environment="opendp",
        arguments=("--model", "aim"),
        everywhere=False,
    ),
    "dpmm-mst": System(title="dpmm 0.1.9 MST", adapter="dpmm_pipelines.py", environment="dpmm"),
    "dpmm-privbayes": System(
        title="dpmm 0.1.9 PrivBayes",
        adapter="dpmm_pipelines.py",
        environment="dpmm",
        arguments=("--model", "priv-bayes"),
    ),
    "dpmm-aim": System(
        title="dpmm 0.1.9 AIM",
        adapter="dpmm_pipelines.py",
        environment="dpmm",
        arguments=("--model", "aim"),
        everywhere=False,
    ),
    "smartnoise-mst": System(
        title="smartnoise-synth 1.0.8 MST, rows sampled",
        adapter="smartnoise.py",
        environment="smartnoise",
        arguments=("--rows", "sample"),
    ),
    "smartnoise-mst-round": System(
        title="smartnoise-synth 1.0.8 MST, as it comes",
        adapter="smartnoise.py",
        environment="smartnoise",
        everywhere=False,
    ),
    "sdv-copula": System(
        title="SDV Gaussian copula (not private)", adapter="sdv_tables.py", environment="sdv", private=False
    ),
    "sdv-ctgan": System(
        title="SDV CTGAN (not private)",
        adapter="sdv_tables.py",
        environment="sdv",
        arguments=("--model", "ctgan"),
        private=False,
        everywhere=False,
    ),
    "dpsynth-aim": System(
        title="google/dpsynth AIM", adapter="dpsynth_local.py", environment="dpsynth", arguments=("--model", "aim")
    ),
    "dpsynth-aim-10": System(
        title="google/dpsynth AIM, 10 MB, 32 rounds, pairs",
        adapter="dpsynth_local.py",
        environment="dpsynth",
        arguments=("--model", "aim", "--megabytes", "10", "--rounds", "32", "--workload", "pairs"),
        everywhere=False,
    ),
    "dpsynth-swift": System(
        title="google/dpsynth SWIFT",
        adapter="dpsynth_local.py",
        environment="dpsynth",
        arguments=("--model", "swift"),
    ),
}
