"""The only door to private names of scikit-learn, so that a release that moves them is one file's work."""

from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "HasMethods",
    "Hidden",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "output_container",
    "check_sample_weight",
    "safe_indexing",
    "validate_parameter_constraints",
]


def output_container(estimator) -> str:
    """Name the container that `set_output` or the global configuration asks for.

    Parameters
    ----------
    estimator : estimator
        A transformer.

    Returns
    -------
    str
        "default", "pandas" or "polars".
    """
    return _get_output_config("transform", estimator)["dense"]
