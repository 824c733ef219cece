"""What scikit-learn's callbacks are told of a fit and of each epoch in it."""

from audiofeat._sklearn import callback_context
from audiofeat.neural.network import Network

__all__ = ["FitMonitor"]


class FitMonitor:
    """Tells the callbacks that an estimator was given with `set_callbacks`; says nothing where scikit-learn has none.

    Parameters
    ----------
    estimator : CNNClassifier
        What is fitted.
    X, y : array-like
        What `fit` was given.
    sample_weight : array-like or None
        Likewise.
    n_epochs : int
        Most epochs.
    """

    def __init__(self, estimator, X, y, sample_weight, *, n_epochs):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._before = list(getattr(estimator, "history_", ())) if estimator.warm_start else []
        self._fit = callback_context(estimator, max_subtasks=n_epochs)
        if self._fit is not None:
            self._fit.call_on_fit_task_begin(**self._given)

    def epoch_begins(self):
        """Announce an epoch."""
        if self._fit is not None:
            self._epoch = self._fit.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._given)

    def epoch_ends(self, network, history):
        """Announce what an epoch has led to, and tell whether a callback wants to stop."""
        if self._fit is None:
            return False

        def as_if_fitted():
            # A copy, because a callback may keep it while training goes on.
            return {
                "_network": Network.from_state(network.__getstate__()),
                "history_": [*self._before, *history],
                "best_epoch_": None,
            }

        return self._epoch.call_on_fit_task_end(**self._given, reconstruction_attributes=as_if_fitted)

    def fit_ends(self):
        """Announce the end; the estimator is fitted."""
        if self._fit is not None:
            self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes={})
