"""The names of OpenDP that are used here, from the modules that have them.

Its prelude would bring them together, too, and with them scikit-learn, pandas and SciPy's statistics wherever these are
installed: seconds at every start.
"""

from opendp import combinators as c
from opendp import measurements as m
from opendp import transformations as t
from opendp.accuracy import discrete_laplacian_scale_to_accuracy
from opendp.core import as_array, new_function
from opendp.domains import atom_domain, map_domain, user_domain, vector_domain
from opendp.measures import approximate, zero_concentrated_divergence
from opendp.metrics import (
    absolute_distance,
    discrete_distance,
    l02inf_distance,
    l1_distance,
    l2_distance,
    linf_distance,
    user_distance,
)
from opendp.mod import Measurement, OpenDPException, Transformation, binary_search_param, enable_features

__all__ = [
    "Measurement",
    "OpenDPException",
    "Transformation",
    "absolute_distance",
    "approximate",
    "as_array",
    "atom_domain",
    "binary_search_param",
    "c",
    "discrete_distance",
    "discrete_laplacian_scale_to_accuracy",
    "enable_features",
    "l02inf_distance",
    "l1_distance",
    "l2_distance",
    "linf_distance",
    "m",
    "map_domain",
    "new_function",
    "t",
    "user_distance",
    "user_domain",
    "vector_domain",
    "zero_concentrated_divergence",
]
