"""The shared vocabulary: counts over named attributes."""

from synthcli.marginal.domain import Clique, Domain
from synthcli.marginal.measurement import Measurement
from synthcli.marginal.merge import Merge
from synthcli.marginal.tabulate import Codes, Table, Tally, tabulate
from synthcli.marginal.zeros import StructuralZeros

__all__ = ["Clique", "Codes", "Domain", "Measurement", "Merge", "StructuralZeros", "Table", "Tally", "tabulate"]
