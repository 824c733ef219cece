"""The only door to private names of scikit-learn, so that a release that moves them is one file's work."""

from sklearn.base import _clone_parametrized as clone_parametrized
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
from sklearn.utils._pprint import _EstimatorPrettyPrinter
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support."""

    def with_callbacks(method):
        """Leave the method as it is."""
        return method


__all__ = [
    "CallbackSupportMixin",
    "HasMethods",
    "Hidden",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "callback_context",
    "clone_parametrized",
    "output_container",
    "check_sample_weight",
    "response_methods",
    "safe_indexing",
    "validate_parameter_constraints",
    "whole_repr",
    "wrap_tables_only",
    "with_callbacks",
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


def response_methods(scorer) -> tuple[str, ...]:
    """Name the methods of a model that a scorer reads, of which the model needs one.

    Parameters
    ----------
    scorer : callable or None
        As from `sklearn.metrics.get_scorer`; None is a model's own score.

    Returns
    -------
    tuple of str
        Such as ``("decision_function", "predict_proba")``. For a function of the user's own, which may read anything, what
        every model has.

    Examples
    --------
    >>> from sklearn.metrics import get_scorer
    >>> from audiofeat._sklearn import response_methods
    >>> response_methods(get_scorer("neg_log_loss"))
    ('predict_proba',)
    """
    methods = getattr(scorer, "_response_method", "fit")
    return (methods,) if isinstance(methods, str) else tuple(methods)


def wrap_tables_only(transformer: type, gives_table) -> None:
    """Let scikit-learn make data frames of a class's output only where it is a table.

    It asks each time which methods to wrap, so that a parameter may decide. Without this, naming the rows of 3-D output
    would make it try to put a 3-D array into a data frame.

    Parameters
    ----------
    transformer : type
        Class of transformers, whose methods scikit-learn has wrapped.
    gives_table : callable
        Tells of an instance whether its output is 2-D.
    """
    keys = transformer._sklearn_auto_wrap_output_keys  # type: ignore[attr-defined]
    transformer._sklearn_auto_wrap_output_keys = property(  # type: ignore[attr-defined]
        lambda self: keys if gives_table(self) else set()
    )


def callback_context(estimator, *, max_subtasks):
    """Begin the tree of tasks that scikit-learn's callbacks are told of.

    Parameters
    ----------
    estimator : CallbackSupportMixin
        What is fitted.
    max_subtasks : int
        Most tasks inside the fit.

    Returns
    -------
    sklearn.callback.CallbackContext or None
        None before scikit-learn 1.9.
    """
    begin = getattr(estimator, "_init_callback_context", None)
    return None if begin is None else begin(max_subtasks=max_subtasks)


def whole_repr(value) -> str:
    """Write what builds an estimator, where its own representation leaves out the middle of what is long.

    Parameters
    ----------
    value : object
        An estimator, or something that holds estimators.

    Returns
    -------
    str
        Code in lines of 80 characters, all of it but the content of files that were read (bytes), which is counted.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from audiofeat._sklearn import whole_repr
    >>> len(repr(SVC(class_weight=dict.fromkeys(range(500), 1.0)))) < 1000
    True
    >>> eval(whole_repr(SVC(class_weight=dict.fromkeys(range(500), 1.0)))).class_weight[250]
    1.0
    """
    return _WholePrinter(compact=True).pformat(value)


class _WholePrinter(_EstimatorPrettyPrinter):
    def _count_bytes(self, content, stream, indent, allowance, context, level):
        stream.write(f"<{len(content):,} bytes>")

    _dispatch = {**_EstimatorPrettyPrinter._dispatch, bytes.__repr__: _count_bytes}
